//! How much memory states take. In a process of its own, which counts every allocation.
#![cfg(feature = "flex")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use burn::tensor::{Device, Distribution, Tensor};
use burn_metrics::prelude::*;

/// Counts what this thread's tests hold.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is handed to the system's allocator; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_exact_state_takes_five_bytes_a_sample() {
    const SAMPLES: usize = 20_000_000;
    const BATCH: usize = 100_000;
    let device = Device::flex();
    let scores = Tensor::<1>::random([BATCH], Distribution::Uniform(0.0, 1.0), &device);
    let target = Tensor::<1>::random([BATCH], Distribution::Bernoulli(0.01), &device).int();
    let mut auroc = Auroc::binary().accumulator();
    let before = HELD.load(Ordering::Relaxed);
    for _ in 0..SAMPLES / BATCH {
        auroc.update((scores.clone(), target.clone())).unwrap();
    }
    // Other tests hold some megabytes meanwhile.
    let held = HELD.load(Ordering::Relaxed).saturating_sub(before);
    let most = 5 * SAMPLES + (8 << 20);
    assert!(
        held <= most,
        "{} bytes a sample",
        held as f64 / SAMPLES as f64
    );
    assert!(held >= 4 * SAMPLES, "the samples are there");
}
