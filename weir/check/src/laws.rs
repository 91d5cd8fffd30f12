//! The laws.

mod answers;
mod delivery;
mod flood;
mod hostile;
mod inspection;
mod limits;
mod revisions;
mod settings;
mod state;
mod time;
mod vary;

use weir_host::contract::Interface;
use weir_schedule::shrink::Tried;

use crate::attempt::once;
use crate::law::Law;
use crate::subject::Subject;

/// For laws that are about every component.
fn never(_: &Subject<'_>) -> Option<String> {
    None
}

/// For laws that are about every schedule.
fn any(_: &Tried) -> bool {
    true
}

/// A law about every component without the interfaces that it may leave out.
const LAW: Law = Law {
    name: "",
    says: "",
    needs: None,
    left_out: never,
    draw: |_, _| Ok(None),
    fits: once,
    judge: |_, _| Ok(crate::attempt::Judged::Holds),
};

/// A law about components with state.
const STATE: Law = Law {
    needs: Some(Interface::State),
    ..LAW
};

/// A law about components that can be inspected.
const INSPECTION: Law = Law {
    needs: Some(Interface::Inspection),
    ..LAW
};

/// All laws, in the order in which they are tried. The first is tried alone where it does not hold:
/// nothing can be compared with a plain run that fails.
pub static LAWS: [Law; 22] = [
    Law {
        name: "answers",
        says: "each answer to a plain run keeps to the contract, and nothing is left behind the end",
        draw: answers::draw,
        judge: answers::judge,
        ..LAW
    },
    Law {
        name: "batches",
        says: "the alerts do not depend on how documents are cut into batches",
        draw: delivery::draw_batches,
        judge: delivery::judge_batches,
        ..LAW
    },
    Law {
        name: "order",
        says: "the alerts do not depend on the order of documents within the allowed lateness",
        draw: delivery::draw_order,
        judge: delivery::judge_order,
        ..LAW
    },
    Law {
        name: "take",
        says: "alerts come in one order, however few are taken at once",
        draw: delivery::draw_take,
        judge: delivery::judge_take,
        ..LAW
    },
    Law {
        name: "twice",
        says: "the same calls get the same answers, word by word",
        draw: delivery::draw_twice,
        judge: delivery::judge_twice,
        ..LAW
    },
    Law {
        name: "seed",
        says: "the alerts do not depend on the hash seed, but for estimates",
        draw: settings::draw_seed,
        judge: settings::judge,
        ..LAW
    },
    Law {
        name: "revisions",
        says: "each alert's revisions count from 1 without gaps, and each says something new",
        draw: revisions::draw,
        judge: revisions::judge,
        ..LAW
    },
    Law {
        name: "early",
        says: "with `early` the same alerts stand at the end",
        left_out: settings::lacks_early,
        draw: settings::draw_early,
        judge: settings::judge,
        ..LAW
    },
    Law {
        name: "advance",
        says: "once told that event time has passed a window, its alerts are there; an earlier time changes nothing",
        left_out: time::left_out,
        draw: time::draw,
        judge: time::judge,
        ..LAW
    },
    Law {
        name: "clock",
        says: "told by a clock that is long before them, documents are refused and alert nothing",
        left_out: time::lacks_bound,
        draw: time::draw_clock,
        judge: time::judge_clock,
        ..LAW
    },
    Law {
        name: "partial",
        says: "a worker that only aggregates fires nothing, whatever it sees and is told",
        left_out: settings::lacks_partial,
        draw: settings::draw_partial,
        judge: settings::judge_partial,
        ..LAW
    },
    Law {
        name: "restart",
        says: "a snapshot in a fresh instance goes on as if nothing had happened",
        draw: state::draw_restart,
        judge: state::judge_restart,
        ..STATE
    },
    Law {
        name: "take-over",
        says: "a fresh instance takes over the state of its own kind whole, and goes on as if nothing had happened",
        draw: state::draw_take_over,
        judge: state::judge_restart,
        ..STATE
    },
    Law {
        name: "merge",
        says: "workers that each saw a part of the documents, merged in any order, find what one finds",
        draw: state::draw_merge,
        judge: state::judge_merge,
        ..STATE
    },
    Law {
        name: "merge-again",
        says: "a state that is merged a second time changes no alert, where documents are known again",
        draw: state::draw_again,
        fits: state::at_least_once,
        judge: state::judge_again,
        ..STATE
    },
    Law {
        name: "groups",
        says: "groups that are taken out and merged one by one, and then the rest, mean what the whole meant",
        draw: state::draw_groups,
        judge: state::judge_merge,
        ..STATE
    },
    Law {
        name: "damaged",
        says: "a damaged state is refused and changes nothing",
        draw: state::draw_damaged,
        judge: state::judge_damaged,
        ..STATE
    },
    Law {
        name: "ledger",
        says: "the ledger says of each window what the alerts say, and keeping it changes no alert",
        left_out: inspection::lacks_ledger,
        draw: inspection::draw_ledger,
        judge: inspection::judge_ledger,
        ..INSPECTION
    },
    Law {
        name: "select",
        says: "looking at documents counts nothing and changes nothing",
        draw: inspection::draw_select,
        judge: inspection::judge_select,
        ..INSPECTION
    },
    Law {
        name: "flood",
        says: "many keys and ids stay within the budget and the limits, and what is complete is right",
        draw: flood::draw,
        judge: flood::judge,
        ..LAW
    },
    Law {
        name: "hostile-bytes",
        says: "no bytes make it fail, and documents that are not counted change nothing",
        draw: hostile::draw,
        judge: hostile::judge,
        ..LAW
    },
    Law {
        name: "limits",
        says: "the largest batch, the longest document and many empty lines are taken; wrong parameters are refused by name",
        draw: limits::draw,
        fits: any,
        judge: limits::judge,
        ..LAW
    },
];
