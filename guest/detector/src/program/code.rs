//! The encoding of programs: a version, the fields, the constants, the instructions.

use crate::model::Problem;
use crate::network::Network;
use crate::program::pattern::Pattern;
use crate::program::regex::{Dialect, Regex};
use crate::program::value::{TYPES, Type};
use crate::program::{Constant, FieldInput, Instruction, Program};
use crate::wire::{Reader, Writer};

/// The version of the encoding. New functions at the end of the table do not change it.
const VERSION: u64 = 2;

impl Program {
    /// Encodes the program.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(VERSION);
        w.size(self.fields.len());
        for field in &self.fields {
            w.slice(field.name.as_bytes());
            w.size(number(field.kind));
        }
        w.size(self.constants.len());
        self.constants
            .iter()
            .for_each(|constant| write_constant(&mut w, constant));
        w.size(self.code.len());
        self.code
            .iter()
            .for_each(|instruction| write_instruction(&mut w, *instruction));
        w.bytes
    }

    /// Decodes and validates a program from any bytes.
    ///
    /// # Errors
    /// The first problem of the program, with its place.
    pub fn decode(bytes: &[u8]) -> Result<Program, Problem> {
        let mut r = Reader(bytes);
        let problem = |key: &str, message: &str| Problem {
            rule: String::new(),
            key: key.to_owned(),
            message: message.to_owned(),
        };
        if r.u64() != Some(VERSION) {
            return Err(problem("version", "it is of no version that is known here"));
        }
        let broken = |key: &'static str| move || problem(key, "its bytes end or do not fit");
        let fields = list(&mut r, read_field).ok_or_else(broken("fields"))?;
        let constants = list(&mut r, read_constant).ok_or_else(broken("constants"))?;
        let code = list(&mut r, read_instruction).ok_or_else(broken("code"))?;
        match r.0 {
            [] => Program::new(fields, constants, code),
            _ => Err(problem("code", "more bytes are behind it")),
        }
    }
}

fn list<T>(r: &mut Reader, read: fn(&mut Reader) -> Option<T>) -> Option<Vec<T>> {
    let mut list = Vec::new();
    r.each(|r| {
        list.push(read(r)?);
        Some(())
    })?;
    Some(list)
}

fn number(kind: Type) -> usize {
    TYPES
        .iter()
        .position(|known| *known == kind)
        .unwrap_or_default()
}

fn kind(r: &mut Reader) -> Option<Type> {
    TYPES.get(r.size()?).copied()
}

fn read_field(r: &mut Reader) -> Option<FieldInput> {
    let name = r.text()?.to_owned();
    let kind = kind(r)?;
    Some(FieldInput { name, kind })
}

/// The tag of a null, behind those of the types; the type follows.
const NULL: usize = TYPES.len();

fn write_constant(w: &mut Writer, constant: &Constant) {
    w.size(match constant {
        Constant::Null(_) => NULL,
        constant => number(constant.kind()),
    });
    match constant {
        Constant::Null(kind) => w.size(number(*kind)),
        Constant::Boolean(value) => w.bool(*value),
        Constant::Integer(number) | Constant::Time(number) => w.i64(*number),
        Constant::Number(number) => w.u64(number.to_bits()),
        Constant::Text(text) => w.slice(text.as_bytes()),
        Constant::Address(bits) => w.u128(*bits),
        Constant::Network(network) => w.slice(network.text().as_bytes()),
        Constant::Pattern(pattern) => {
            w.bool(pattern.is_folded());
            w.slice(pattern.text().as_bytes());
        }
        Constant::Regex(regex) => {
            w.size(regex.dialect().number());
            w.slice(regex.text().as_bytes());
        }
    }
}

fn read_constant(r: &mut Reader) -> Option<Constant> {
    let number = r.size()?;
    if number == NULL {
        return kind(r).map(Constant::Null);
    }
    Some(match TYPES.get(number)? {
        Type::Boolean => Constant::Boolean(r.bool()?),
        Type::Integer => Constant::Integer(r.i64()?),
        Type::Number => Constant::Number(f64::from_bits(r.u64()?)),
        Type::Text => Constant::Text(r.text()?.to_owned()),
        Type::Time => Constant::Time(r.i64()?),
        Type::Address => Constant::Address(r.u128()?),
        Type::Network => Constant::Network(Network::parse(r.text()?).ok()?),
        Type::Pattern => {
            let folded = r.bool()?;
            Constant::Pattern(Pattern::new(r.text()?, folded)?)
        }
        Type::Regex => {
            let dialect = Dialect::numbered(r.size()?)?;
            Constant::Regex(Regex::new(r.text()?, dialect).ok()?)
        }
    })
}

fn write_instruction(w: &mut Writer, instruction: Instruction) {
    let mut write = |kind: u64, parts: &[u64]| {
        w.u64(kind);
        parts.iter().for_each(|part| w.u64(*part));
    };
    match instruction {
        Instruction::Field(place) => write(0, &[place.into()]),
        Instruction::Constant(place) => write(1, &[place.into()]),
        Instruction::Call {
            function,
            arguments,
        } => write(2, &[function.into(), arguments.into()]),
        Instruction::Skip { on, over } => write(3 + u64::from(on), &[over.into()]),
    }
}

fn read_instruction(r: &mut Reader) -> Option<Instruction> {
    let place = |r: &mut Reader| u16::try_from(r.u64()?).ok();
    let byte = |r: &mut Reader| u8::try_from(r.u64()?).ok();
    Some(match r.u64()? {
        0 => Instruction::Field(place(r)?),
        1 => Instruction::Constant(place(r)?),
        2 => Instruction::Call {
            function: byte(r)?,
            arguments: byte(r)?,
        },
        on @ 3..=4 => Instruction::Skip {
            on: on == 4,
            over: place(r)?,
        },
        _ => return None,
    })
}
