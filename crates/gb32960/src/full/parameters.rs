//! Terminal parameters and control (80, 81, 82; 2016 B.3.5.4–B.3.5.6, 2025 B.3.5.7–B.3.5.9). A wall only watches such frames pass; it
//! reads them so that people can see what a platform sends, and never acts on them.

use super::session::take;
use crate::frame::Edition;
use crate::time::Time;
use crate::walk::short_count;

/// Parameter query 80: the ids asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterQuery<'a> {
    /// When.
    pub time: Time,
    /// As sent: 0–252, FE and FF are followed by nothing.
    pub count: u8,
    /// 01–10, in any order.
    pub ids: &'a [u8],
    /// Bytes behind the known fields.
    pub left: &'a [u8],
}

impl<'a> ParameterQuery<'a> {
    /// From a data unit.
    pub fn read(mut data: &'a [u8]) -> Option<Self> {
        let time = Time(*take(&mut data)?);
        let [count] = *take(&mut data)?;
        let (ids, left) = data.split_at_checked(short_count(&[count], 0))?;
        Some(Self {
            time,
            count,
            ids,
            left,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.push(self.count);
        out.extend_from_slice(self.ids);
        out.extend_from_slice(self.left);
    }
}

/// Parameter set 81, and the answer to a query 80: ids and values, one after another without lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters<'a> {
    /// When.
    pub time: Time,
    /// How many are announced: 0–252, FE and FF are followed by nothing.
    pub count: u8,
    /// Those that could be told apart; reading ends at the first unknown id.
    known: &'a [u8],
    /// Bytes from the first unknown id on, or behind the last.
    pub left: &'a [u8],
    edition: Edition,
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// 01 storage period (ms), 02 normal period (s), 03 alarm period, 04/05 domain length and domain, 06 port,
    /// 07/08 hardware and firmware version, 09 heartbeat (s), 0A/0B reply time-outs (s), 0C wait after three failed
    /// logins (min), 0D/0E/0F public platform domain length, domain and port, 10 sampling-monitor flag.
    pub id: u8,
    /// As sent.
    pub value: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// From a data unit.
    pub fn read(mut data: &'a [u8], edition: Edition) -> Option<Self> {
        let time = Time(*take(&mut data)?);
        let [count] = *take(&mut data)?;
        let mut all = Self {
            time,
            count,
            known: data,
            left: &[],
            edition,
        };
        let known_len = all.iter().map(|parameter| 1 + parameter.value.len()).sum();
        (all.known, all.left) = data.split_at(known_len);
        Some(all)
    }

    /// The parameters that could be told apart.
    pub fn iter(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        let (mut rest, edition) = (self.known, self.edition);
        // A domain's length is the value of the parameter that came before it.
        let mut announced_len = 0;
        (0..short_count(&[self.count], 0)).map_while(move |_| {
            let (&id, after) = rest.split_first()?;
            let (value, after) = after.split_at_checked(value_len(id, edition, announced_len)?)?;
            if matches!(id, 0x04 | 0x0D) {
                announced_len = usize::from(value[0]);
            }
            rest = after;
            Some(Parameter { id, value })
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.push(self.count);
        for parameter in self.iter() {
            out.push(parameter.id);
            out.extend_from_slice(parameter.value);
        }
        out.extend_from_slice(self.left);
    }
}

fn value_len(id: u8, edition: Edition, announced_len: usize) -> Option<usize> {
    Some(match id {
        0x02 | 0x03 if edition == Edition::V2025 => 1,
        0x01..=0x03 | 0x06 | 0x0A | 0x0B | 0x0F => 2,
        0x04 | 0x09 | 0x0C | 0x0D | 0x10 => 1,
        0x05 | 0x0E => announced_len,
        0x07 | 0x08 => 5,
        _ => return None,
    })
}

/// Terminal control 82.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control<'a> {
    /// When.
    pub time: Time,
    /// 01 upgrade, 02 power off, 03 reset, 04 factory reset, 05 drop link, 06 alarm, 07 start sampling link.
    pub id: u8,
    /// What the command needs.
    pub arguments: &'a [u8],
}

impl<'a> Control<'a> {
    /// From a data unit.
    pub fn read(mut data: &'a [u8]) -> Option<Self> {
        let time = Time(*take(&mut data)?);
        let [id] = *take(&mut data)?;
        Some(Self {
            time,
            id,
            arguments: data,
        })
    }

    /// Appends the data unit.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.0);
        out.push(self.id);
        out.extend_from_slice(self.arguments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_domain_is_as_long_as_the_parameter_before_it_says() {
        let data = [
            &[26, 5, 4, 3, 2, 1, 5][..],
            &[0x04, 2],
            &[0x05, b'a', b'b'],
            &[0x0D, 1],
            &[0x0E, b'c'],
            &[0x02, 30],
        ]
        .concat();
        let parameters = Parameters::read(&data, Edition::V2025).unwrap();
        let values: Vec<(u8, &[u8])> = parameters
            .iter()
            .map(|parameter| (parameter.id, parameter.value))
            .collect();
        assert_eq!(
            values,
            [
                (4, &[2][..]),
                (5, b"ab"),
                (0x0D, &[1]),
                (0x0E, b"c"),
                (2, &[30])
            ]
        );
        assert_eq!(parameters.left, b"");
    }

    #[test]
    fn an_unknown_parameter_ends_the_list_and_is_left() {
        let data = [&[26, 5, 4, 3, 2, 1, 2][..], &[0x09, 60], &[0x7E, 1, 2]].concat();
        let parameters = Parameters::read(&data, Edition::V2016).unwrap();
        assert_eq!(
            (parameters.iter().count(), parameters.left),
            (1, &[0x7E, 1, 2][..])
        );
        let mut written = Vec::new();
        parameters.write(&mut written);
        assert_eq!(written, data);
    }
}
