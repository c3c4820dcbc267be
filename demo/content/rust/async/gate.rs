//! Lets a limited number of tasks through at the same time.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// How many tasks may pass unless told otherwise.
pub const DEFAULT_WIDTH: usize = @K3@;

#[derive(Debug, Default)]
struct State {
    free: usize,
    waiting: Vec<Waker>,
}

/// A gate of limited width.
#[derive(Clone, Debug)]
pub struct @Type@ {
    state: Arc<Mutex<State>>,
}

impl @Type@ {
    pub fn new(width: usize) -> Self {
        @Type@ { state: Arc::new(Mutex::new(State { free: width, waiting: Vec::new() })) }
    }

    /// Waits until there is room. Dropping the pass makes room again.
    pub fn enter(&self) -> Enter {
        Enter { gate: self.clone() }
    }

    fn try_enter(&self, waker: &Waker) -> Option<Pass> {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        if state.free == 0 {
            state.waiting.push(waker.clone());
            return None;
        }
        state.free -= 1;
        Some(Pass { gate: self.clone() })
    }
}

impl Default for @Type@ {
    fn default() -> Self {
        Self::new(DEFAULT_WIDTH)
    }
}

/// The future of [`@Type@::enter`].
#[derive(Debug)]
pub struct Enter {
    gate: @Type@,
}

impl Future for Enter {
    type Output = Pass;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Pass> {
        match self.gate.try_enter(cx.waker()) {
            Some(pass) => Poll::Ready(pass),
            None => Poll::Pending,
        }
    }
}

/// The right to be inside.
#[derive(Debug)]
pub struct Pass {
    gate: @Type@,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.state.lock().unwrap_or_else(|e| e.into_inner());
        state.free += 1;
        for waker in state.waiting.drain(..) {
            waker.wake();
        }
    }
}
//%edits
