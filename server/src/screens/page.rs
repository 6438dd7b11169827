//! What the admin's page of screens asks and does.

use access::{Action, By, Screen};
use app::api::{ApiError, ScreenDoing, ScreenList, ScreenRow};
use app::centre::{Answer, ScreenDesk};
use metrics::counter;
use tracing::info;
use wire::ScreenReport;

use crate::centre::Desk;
use crate::clock;
use crate::metrics::SCREENS_REFUSED;
use crate::office::account;

impl Desk {
    fn row_of(&self, screen: Screen) -> ScreenRow {
        let doing = self.state.screens.live.doing(screen.user);
        ScreenRow {
            name: screen.name,
            visitor: screen.visitor,
            paired_unix_s: screen.paired_unix_s,
            seen_unix_s: match doing.sockets {
                0 => screen.seen_unix_s,
                _ => clock::unix_s(),
            },
            windows: doing.sockets,
            doing: doing.report.map(|report| self.doing_of(report)),
        }
    }

    fn doing_of(&self, report: ScreenReport) -> ScreenDoing {
        ScreenDoing {
            frames_per_s: report.fps,
            memory_mib: report.memory_mib,
            webgl2: report.webgl2,
            drawn: report.drawn,
            gpu_losses: report.gpu_losses,
            version: format!("{:08x}", report.site >> 32),
            is_current: report.site == self.state.site.0,
        }
    }
}

impl ScreenDesk for Desk {
    fn screens(&self) -> Answer<'_, ScreenList> {
        Box::pin(async move {
            self.may(Action::ManageScreens)?;
            let now_unix_s = clock::unix_s();
            let by = By::Session(&self.session);
            let screens = self.state.access.list_screens(by, now_unix_s).await;
            let screens = screens.map_err(account)?;
            Ok(ScreenList {
                screens: screens
                    .into_iter()
                    .map(|screen| self.row_of(screen))
                    .collect(),
                now_unix_s,
            })
        })
    }

    fn pair_screen(&self, code: String, name: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageScreens)?;
            let (screens, now) = (&self.state.screens, clock::now());
            if screens.guesses(self.session.id, now.mono_ms) {
                counter!(SCREENS_REFUSED, "why" => "guesses").increment(1);
                return Err(ApiError::TryLater);
            }
            let Some(waiting) = screens.codes.find(&code, now.mono_ms) else {
                screens.wrong_code(self.session.id, now.mono_ms);
                return Err(ApiError::NoSuchCode);
            };
            let name = name.trim();
            self.state
                .access
                .pair_screen(
                    By::Session(&self.session),
                    name,
                    &waiting.key,
                    now.unix_ms / 1000,
                )
                .await
                .map_err(account)?;
            screens.codes.spend(&waiting, now.mono_ms);
            info!(user = %self.session.name, screen = name, from = %waiting.from, "a screen was paired");
            Ok(())
        })
    }

    fn greet_screen(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageScreens)?;
            let by = By::Session(&self.session);
            let screens = self.state.access.list_screens(by, clock::unix_s()).await;
            let screen = screens
                .map_err(account)?
                .into_iter()
                .find(|screen| screen.name == name)
                .ok_or(ApiError::NoSuchUser)?;
            let live = &self.state.screens.live;
            match live.order(screen.user, |orders| orders.greetings += 1) {
                0 => Err(ApiError::ScreenAway),
                _ => Ok(()),
            }
        })
    }

    fn set_visitor(&self, name: String, visitor: bool) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageScreens)?;
            let by = By::Session(&self.session);
            let (access, now_unix_s) = (&self.state.access, clock::unix_s());
            let screen = access
                .set_visitor(by, &name, visitor, now_unix_s)
                .await
                .map_err(account)?;
            let live = &self.state.screens.live;
            live.order(screen, |orders| orders.visitor = Some(visitor));
            info!(user = %self.session.name, screen = name, visitor, "a screen was switched");
            Ok(())
        })
    }

    fn revoke_screen(&self, name: String) -> Answer<'_, ()> {
        Box::pin(async move {
            self.may(Action::ManageScreens)?;
            let by = By::Session(&self.session);
            let revoked = self.state.access.revoke_screen(by, &name, clock::unix_s());
            let screen = revoked.await.map_err(account)?;
            self.state.screens.live.forget(screen);
            info!(user = %self.session.name, screen = name, "a screen was revoked");
            Ok(())
        })
    }
}
