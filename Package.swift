// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// The toolchain's own linker, three times as fast; relocations packed, and no symbol exported that no
// library asks for: that is 6 MiB less of an instance at rest, and less to do at its start.
let linking: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
            "-Xlinker", "--no-export-dynamic",
        ], .when(platforms: [.linux]))
]

let package = Package(
    name: "practice-auth",
    products: [.executable(name: "practice-auth", targets: ["AuthServer"])],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON"]),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq"),
        .systemLibrary(name: "CLibSSL", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
        .systemLibrary(name: "CCrypt"),
        .systemLibrary(name: "CIDN2", pkgConfig: "libidn2"),
        .systemLibrary(name: "CZxcvbn"),
        .systemLibrary(name: "CPango", pkgConfig: "pangocairo"),
        .systemLibrary(name: "CQREncode"),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CPhoneNumber", linkerSettings: [.linkedLibrary("phonenumber")]),
        .target(
            name: "Postgres",
            dependencies: [
                "CLibPQ",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Cryptography", dependencies: ["CLibSSL", "CSodium", "CCrypt"],
            swiftSettings: strict),
        // Its folder is the package's own, so that the migrations, the contract and the texts ship
        // beside the binary from the one place where each of them stands, in one folder.
        .target(
            name: "Resources",
            path: ".",
            exclude: [
                "Tests", "docker", "README.md", "Sources/Auth", "Sources/AuthServer",
                "Sources/Cryptography", "Sources/Postgres", "Sources/CLibPQ", "Sources/CLibSSL",
                "Sources/CCurl", "Sources/CSodium", "Sources/CPhoneNumber", "Sources/CIDN2",
                "Sources/CZxcvbn", "Sources/CPango", "Sources/CQREncode", "Sources/CCrypt",
            ],
            sources: ["Sources/Resources"],
            resources: [
                .copy("db/migrations"),
                .copy("openapi.yaml"),
                .copy("Sources/Auth/Delivery/Templates"),
                .copy("Sources/Auth/Passwords/Lists"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Auth",
            dependencies: [
                "Cryptography", "Postgres", "Resources", "CCurl", "CPhoneNumber", "CIDN2",
                "CZxcvbn", "CPango", "CQREncode",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            exclude: ["Delivery/Templates", "Passwords/Lists", "Passwords/lists.py"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "AuthServer",
            dependencies: [
                "Auth", "Cryptography", "Postgres", "Resources",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict,
            linkerSettings: linking
        ),
        .testTarget(
            name: "UnitTests",
            dependencies: [
                "Auth", "AuthServer", "Postgres", "Cryptography", "Resources",
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Delivery/Golden"],
            swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Auth", "AuthServer", "Postgres", "Cryptography", "CLibPQ",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: [
                "Contract/check.py", "Contract/schemathesis.toml",
                "Contract/schemathesis_hooks.py", "Patients/number_formats.py",
                "SuperPIN/letter.py", "Support/fault_proxy.py", "Support/https_peer.py",
                "Support/mail_server.py",
            ],
            swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)
