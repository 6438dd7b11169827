//! Serious alarms that began lately, for a wall that nobody touches: level, district and time, never which vehicle.
//!
//! Which vehicle it was is kept inside only so that one whose alarm comes and goes is news once.

use std::collections::VecDeque;

use wire::AlarmNews;

use crate::fleet::SCOPES;

/// One alarm as each scope is told of it: they may differ in the district.
pub(crate) type Told = [AlarmNews; SCOPES];

/// From this level on an alarm is news.
pub(crate) const SERIOUS: u8 = 3;
/// News at most; the oldest go.
const KEPT: usize = 12;
/// For so long an alarm is news.
const NEWS_FOR_MS: i64 = 10 * 60 * 1_000;

#[derive(Debug, Default)]
pub(crate) struct News {
    /// The newest first.
    list: VecDeque<(u32, Told)>,
}

impl News {
    /// A vehicle's alarm rose to a serious level.
    pub fn began(&mut self, vehicle: u32, news: Told) {
        if let Some(known) = self.list.iter().position(|(of, _)| *of == vehicle) {
            if self.list[known].1[0].level >= news[0].level {
                return;
            }
            self.list.remove(known);
        }
        self.list.push_front((vehicle, news));
        self.list.truncate(KEPT);
    }

    /// What is news at this time, the newest first.
    pub fn at(&mut self, now_unix_ms: i64) -> impl Iterator<Item = Told> + '_ {
        let is_old = |news: &Told| now_unix_ms - news[0].began_unix_ms > NEWS_FOR_MS;
        while self.list.back().is_some_and(|(_, news)| is_old(news)) {
            self.list.pop_back();
        }
        self.list.iter().map(|(_, news)| *news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(level: u8, began_unix_ms: i64) -> Told {
        [AlarmNews {
            level,
            district: Some(1),
            began_unix_ms,
        }; SCOPES]
    }

    #[test]
    fn an_alarm_that_comes_and_goes_is_news_once_and_again_when_it_gets_worse() {
        let mut list = News::default();
        list.began(7, news(3, 1_000));
        list.began(8, news(4, 2_000));
        list.began(7, news(3, 3_000));
        assert_eq!(
            list.at(3_000).collect::<Vec<_>>(),
            [news(4, 2_000), news(3, 1_000)]
        );
        list.began(7, news(4, 4_000));
        assert_eq!(
            list.at(4_000).collect::<Vec<_>>(),
            [news(4, 4_000), news(4, 2_000)]
        );
    }

    #[test]
    fn news_gets_old_and_has_a_bound() {
        let mut list = News::default();
        for vehicle in 0..100 {
            list.began(vehicle, news(3, i64::from(vehicle)));
        }
        let kept: Vec<_> = list.at(99).collect();
        assert_eq!((kept.len(), kept[0]), (KEPT, news(3, 99)));
        assert_eq!(list.at(95 + NEWS_FOR_MS).count(), 5);
        assert_eq!(list.at(100 + NEWS_FOR_MS).count(), 0);
    }
}
