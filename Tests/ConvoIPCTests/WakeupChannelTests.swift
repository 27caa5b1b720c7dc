import ConvoPlatform
import Foundation
import TestFolders
import Testing

@testable import ConvoIPC

@Suite(.serialized) struct `A wake-up channel` {
    private let folder: TemporaryFolder
    private var path: String { folder.file("convo.db") }

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: Watching.allCases)
    func `tells each notification, once it is listened to`(watching: Watching) throws {
        WakeupChannel.notify(beside: path)  // there is no listener yet
        let listener = try WakeupChannel.Listener(beside: path, inotify: watching.descriptor())
        while listener.wait(milliseconds: 100) {}  // after a tick of the file system's clock, the earlier one is over
        for _ in 0..<20 {
            WakeupChannel.notify(beside: path)
            #expect(listener.wait(milliseconds: 5000))
            while listener.wait(milliseconds: 0) {}
        }
        #expect(!listener.wait(milliseconds: 100))
    }

    @Test(arguments: Watching.allCases)
    func `goes on when its file is removed or replaced`(watching: Watching) throws {
        let listener = try WakeupChannel.Listener(beside: path, inotify: watching.descriptor())
        try FileManager.default.removeItem(atPath: path + ".wakeup")
        #expect(listener.wait(milliseconds: 5000))
        WakeupChannel.notify(beside: path)
        #expect(listener.wait(milliseconds: 5000))
        try Data("x".utf8).write(to: URL(filePath: path + ".wakeup"), options: .atomic)
        #expect(listener.wait(milliseconds: 5000))
        WakeupChannel.notify(beside: path)
        #expect(listener.wait(milliseconds: 5000))
    }

    @Test(arguments: Watching.allCases)
    func `goes on when a file of the same inode takes the place of its own`(watching: Watching) throws {
        let listener = try WakeupChannel.Listener(beside: path, inotify: watching.descriptor())
        for _ in 0..<10 {
            try FileManager.default.removeItem(atPath: path + ".wakeup")
            try Data("x".utf8).write(to: URL(filePath: path + ".wakeup"))
            while listener.wait(milliseconds: 0) {}
            WakeupChannel.notify(beside: path)
            #expect(listener.wait(milliseconds: 5000))
        }
    }

    @Test func `tells changes when its file was moved away`() throws {
        let listener = try WakeupChannel.Listener(beside: path, for: .changes)
        let notifier = ChangeNotifier(beside: path)
        notifier.notify()
        #expect(listener.wait(milliseconds: 5000))
        try FileManager.default.moveItem(atPath: path + ".changes", toPath: path + ".elsewhere")
        while listener.wait(milliseconds: 0) {}
        notifier.notify()
        #expect(listener.wait(milliseconds: 5000))
    }

    @Test func `makes nobody wait, and kills nobody, whatever lies in its place`() throws {
        try #require(mkfifo(path + ".wakeup", 0o600) == 0)
        WakeupChannel.notify(beside: path)
        let reader = open(path + ".wakeup", O_RDONLY | O_NONBLOCK)
        WakeupChannel.notify(beside: path)
        close(reader)
        WakeupChannel.notify(beside: path)
        #expect(throws: SidecarError.self) { try WakeupChannel.Listener(beside: path) }
        WakeupChannel.notify(beside: "/nowhere/at/all.db")
    }

    @Test func `leaves nothing beside the database that blocks a reader`() throws {
        try #require(mkfifo(path + ".bell", 0o600) == 0)  // as an earlier version made it
        let listener = try WakeupChannel.Listener(beside: path)
        WakeupChannel.notify(beside: path)
        withExtendedLifetime(listener) {}
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
            let type = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.type] as? FileAttributeType
            #expect(type == .typeRegular, "\(name)")
        }
        #expect(try Data(contentsOf: URL(filePath: path + ".wakeup")).count == 1)
    }
}

/// How a listener learns of a change.
enum Watching: CaseIterable {
    case inotify
    /// There is no inotify, or the user has no instance of it left.
    case noInstance
    /// The user has no watch left, so that the descriptor accepts none.
    case noWatch

    /// A descriptor for the listener, which closes it.
    func descriptor() -> Int32 {
        switch self {
        case .inotify: FileEvents.makeSource()
        case .noInstance: -1
        case .noWatch: open("/dev/null", O_RDONLY | O_CLOEXEC)
        }
    }
}
