import Foundation

/// The system's time as a file says, for a process that is started with its environment; the clocks
/// that count on stay true, as they do on a machine whose time is set.
///
/// A library of our own, since Debian's faketime shifts timers of those clocks as well and hides a
/// Swift program's arguments from it.
struct FalseClock: Sendable {
    let folder: URL
    private var library: URL { folder.appending(path: "false_clock.so") }
    private var file: URL { folder.appending(path: "offset") }

    /// Builds the library with the compiler that comes with Swift; the time is right at first.
    init() async throws {
        folder = try Program.makeFolder()
        try Data(count: MemoryLayout<Int64>.size).write(to: file)
        let source = folder.appending(path: "false_clock.c")
        try Data(Self.source.utf8).write(to: source)
        let built = try await Program.run(
            URL(filePath: "/usr/bin/env"),
            ["clang", "-shared", "-fPIC", "-O1", "-o", library.path, source.path])
        guard built.status == 0 else { throw NotBuilt(words: built.errors) }
    }

    struct NotBuilt: Error {
        let words: String
    }

    /// The file is mapped by whoever runs, so it is written in its place.
    func set(_ offset: Duration) throws {
        var seconds = offset.components.seconds
        let file = try FileHandle(forWritingTo: file)
        try file.write(contentsOf: Data(bytes: &seconds, count: MemoryLayout<Int64>.size))
        try file.close()
    }

    var environment: [String: String] {
        ["LD_PRELOAD": library.path, "FALSE_CLOCK": file.path]
    }

    func discard() { try? FileManager.default.removeItem(at: folder) }

    private static let source = """
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        /* Other libraries ask for the time before a constructor of ours would run. */
        static long offset(void) {
            static const volatile long *kept;
            if (!kept) {
                int file = open(getenv("FALSE_CLOCK"), O_RDONLY | O_CLOEXEC);
                kept = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
                close(file);
            }
            return *kept;
        }

        int clock_gettime(clockid_t clock, struct timespec *now) {
            int outcome = syscall(SYS_clock_gettime, clock, now);
            if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += offset();
            return outcome;
        }

        int gettimeofday(struct timeval *now, void *zone) {
            (void)zone;
            struct timespec time;
            clock_gettime(CLOCK_REALTIME, &time);
            now->tv_sec = time.tv_sec;
            now->tv_usec = time.tv_nsec / 1000;
            return 0;
        }

        time_t time(time_t *seconds) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (seconds) *seconds = now.tv_sec;
            return now.tv_sec;
        }
        """
}
