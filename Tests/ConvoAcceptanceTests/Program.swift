import ConvoPlatform
import Foundation

/// One of the package's programs, in a process of its own.
final class Program: @unchecked Sendable {
    struct Outcome {
        let exitCode: Int32
        let output: String
        let errors: String
    }

    // `process` is used only before `start` returns and, after that, in calls that are thread-safe: `waitUntilExit`,
    // `terminationStatus` once the process has ended, and signals by its id.
    private let process = Process()
    private let outputFile: URL
    private let errorFile: URL
    private let lines = Pipe()

    static let folder: URL =
        Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        .map { $0.deletingLastPathComponent() }
        ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    private init(_ name: String, in folder: URL) {
        process.executableURL = Program.folder.appendingPathComponent(name)
        let id = UUID().uuidString
        outputFile = folder.appendingPathComponent("\(name)-\(id).out")
        errorFile = folder.appendingPathComponent("\(name)-\(id).err")
    }

    static func start(
        _ name: String, _ arguments: [String], environment: [String: String], input: String? = nil, in folder: URL,
        isListenedTo: Bool = false, terminal: Terminal? = nil
    ) throws -> Program {
        let program = Program(name, in: folder)
        for file in [program.outputFile, program.errorFile] { try Data().write(to: file) }
        program.process.arguments = arguments
        program.process.environment = environment
        if let terminal {
            program.process.standardOutput = terminal.device
        } else {
            program.process.standardOutput =
                isListenedTo ? program.lines : try FileHandle(forWritingTo: program.outputFile)
        }
        program.process.standardError = try FileHandle(forWritingTo: program.errorFile)
        if let input {
            let file = folder.appendingPathComponent("\(UUID().uuidString).in")
            try Data(input.utf8).write(to: file)
            program.process.standardInput = try FileHandle(forReadingFrom: file)
        } else {
            program.process.standardInput = FileHandle.nullDevice
        }
        try program.process.run()
        try terminal?.device.close()  // so that the terminal's reader sees the program's end
        return program
    }

    var id: Int32 { process.processIdentifier }
    var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { kill(id, number) }

    /// The first output of a program that was started with `isListenedTo`.
    func firstWords() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                let data = lines.fileHandleForReading.availableData
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    /// Waits for the program's end, on a thread that may block.
    func end() async -> Outcome {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                process.waitUntilExit()
                continuation.resume(
                    returning: Outcome(exitCode: process.terminationStatus, output: output, errors: errors))
            }
        }
    }
}
