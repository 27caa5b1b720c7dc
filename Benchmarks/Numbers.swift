// Every verb of convo-bench prints with it.

import ConvoPlatform

extension Double {
    var logarithm: Double { log(self) }
    var exponential: Double { exp(self) }
    var squareRootOfNegativeTwiceLogarithm: Double { (-2 * log(self)).squareRoot() }
    var cosineOfTurns: Double { cos(2 * .pi * self) }
}

/// Seconds since an unspecified moment, by a clock that never goes back.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Seconds since 1970.
func wallClockSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
