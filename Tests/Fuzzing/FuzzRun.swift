import Foundation

/// Counts the inputs of a fuzz test, and measures the process's memory in a long run.
///
/// `CONVO_FUZZ_ITERATIONS` asks for a long run. Its memory is measured after a tenth of the inputs, when all caches are
/// warm, and at the end. A short run's memory is not measured, because other tests run in the same process.
package struct FuzzRun {
    /// The most by which the memory may grow after the first tenth, whatever the number of inputs.
    package static let growthLimitKilobytes = 48 << 10

    private static let wanted = ProcessInfo.processInfo.environment["CONVO_FUZZ_ITERATIONS"].flatMap { Int($0) }

    package let count: Int
    /// The number of the present input, from 0.
    package private(set) var number = -1
    private var warmKilobytes = 0
    private let start = ContinuousClock.now

    package init(standard: Int) { count = FuzzRun.wanted ?? standard }

    /// Goes on to the next input; `false` if there is none.
    package mutating func next() -> Bool {
        number += 1
        if number == count / 10 { warmKilobytes = FuzzRun.residentKilobytes() }
        return number < count
    }

    /// Whether a long run's memory has not grown by more than ``growthLimitKilobytes``; `true` for a short run.
    package var isBounded: Bool {
        FuzzRun.wanted == nil || FuzzRun.residentKilobytes() <= warmKilobytes + FuzzRun.growthLimitKilobytes
    }

    /// The time and memory that a long run took; `nil` for a short one.
    package var summary: String? {
        guard FuzzRun.wanted != nil else { return nil }
        let time = start.duration(to: .now).formatted(
            .units(allowed: [.minutes, .seconds], fractionalPart: .show(length: 1)))
        return "\(count) inputs in \(time); \(warmKilobytes) kB after a tenth, \(FuzzRun.residentKilobytes()) kB now"
    }

    private static func residentKilobytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
