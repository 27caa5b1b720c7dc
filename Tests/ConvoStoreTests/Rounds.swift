#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How often a property is tried: few times by default, many where `CONVO_TEST_ROUNDS` multiplies it.
func rounds(_ count: Int) -> Int {
    count * (getenv("CONVO_TEST_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1)
}
