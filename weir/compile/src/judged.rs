//! How a rule judges: windows, key, columns, parameters and conditions.

use weir_compiled::format::{ClauseSpec, ColumnSpec, FieldSpec, KeySpec, ParameterSpec};
use weir_detector::judgement::Judgement;

/// How a rule judges.
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    pub(crate) parameters: Vec<ParameterSpec>,
    pub(crate) key: Vec<KeySpec>,
    pub(crate) columns: Vec<ColumnSpec>,
    pub(crate) conditions: Vec<ClauseSpec>,
    pub(crate) fields: Vec<(String, FieldSpec)>,
}

impl Judged {
    /// Without parameters, conditions and further fields.
    pub(crate) fn new(judgement: Judgement, key: Vec<KeySpec>, columns: Vec<ColumnSpec>) -> Judged {
        Judged {
            judgement,
            parameters: Vec::new(),
            key,
            columns,
            conditions: Vec::new(),
            fields: Vec::new(),
        }
    }
}
