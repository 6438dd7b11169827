//! From the first characters of a VIN to a make: a short table of facts by hand, for vehicles nobody registered. The
//! registry is always asked first. A WMI names the legal maker, so brands of one joint venture share a name here;
//! the wall shows "SAIC-GM", not "Buick". An unknown WMI gives `None`, never a guess.

use super::Vin;

/// Sorted by WMI. Sources: official US vPIC data and open WMI lists that agree, or VINs seen in public test data
/// (L1N, LW4, HLX); LFZ and LUZ rest on one source each and are left out.
const MAKES: [(&[u8; 3], &str); 42] = [
    (b"5YJ", "Tesla"),
    (b"7G2", "Tesla"),
    (b"7SA", "Tesla"),
    (b"HLX", "Li Auto"),
    (b"L1N", "XPeng"),
    (b"L6T", "Geely"),
    (b"LB3", "Geely"),
    (b"LBV", "BMW Brilliance"),
    (b"LC0", "BYD"),
    (b"LE4", "Beijing Benz"),
    (b"LFM", "FAW Toyota"),
    (b"LFV", "FAW-Volkswagen"),
    (b"LGB", "Dongfeng Nissan"),
    (b"LGW", "Great Wall"),
    (b"LGX", "BYD"),
    (b"LHG", "GAC Honda"),
    (b"LJ1", "JAC"),
    (b"LL6", "GAC Mitsubishi"),
    (b"LMG", "GAC"),
    (b"LNB", "BAIC"),
    (b"LPE", "BYD"),
    (b"LPS", "Polestar"),
    (b"LRB", "SAIC-GM"),
    (b"LRE", "SAIC-GM"),
    (b"LRW", "Tesla"),
    (b"LSF", "Maxus"),
    (b"LSG", "SAIC-GM"),
    (b"LSJ", "SAIC"),
    (b"LSV", "SAIC-Volkswagen"),
    (b"LTV", "FAW Toyota"),
    (b"LVG", "GAC Toyota"),
    (b"LVH", "Dongfeng Honda"),
    (b"LVR", "Changan Mazda"),
    (b"LVS", "Changan Ford"),
    (b"LVV", "Chery"),
    (b"LVY", "Volvo"),
    (b"LW4", "Li Auto"),
    (b"LYV", "Volvo"),
    (b"LZW", "SGMW"),
    (b"LZY", "Yutong"),
    (b"SFZ", "Tesla"),
    (b"XP7", "Tesla"),
];

/// The make of a vehicle by its WMI, and for JAC by the fourth character as well (E: NIO built by JAC).
pub fn make_of(vin: &Vin) -> Option<&'static str> {
    if vin.0.starts_with(b"LJ1E") {
        return Some("NIO");
    }
    make_of_wmi([vin.0[0], vin.0[1], vin.0[2]])
}

/// The make of a WMI.
pub fn make_of_wmi(wmi: [u8; 3]) -> Option<&'static str> {
    MAKES
        .iter()
        .find(|(known, _)| **known == wmi)
        .map(|&(_, make)| make)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wmi_is_listed_twice() {
        for (at, (wmi, _)) in MAKES.iter().enumerate() {
            assert!(
                MAKES[at + 1..].iter().all(|(other, _)| other != wmi),
                "{wmi:?}"
            );
        }
    }

    #[test]
    fn jac_and_nio_share_a_wmi_and_are_told_apart() {
        assert_eq!(make_of(&Vin(*b"LJ1E0000000000000")), Some("NIO"));
        assert_eq!(make_of(&Vin(*b"LJ1A0000000000000")), Some("JAC"));
        assert_eq!(make_of(&Vin(*b"LRW00000000000000")), Some("Tesla"));
        assert_eq!(make_of(&Vin([0; 17])), None);
    }
}
