// The properties of several suites take it.

import ConvoPlatform

/// How often a property is tried: `count` times, multiplied by `CONVO_TEST_ROUNDS`.
func rounds(_ count: Int) -> Int {
    count * (getenv("CONVO_TEST_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1)
}
