using Mesh.Onnx;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression;

/// <summary>What is made of registered models, and with what.</summary>
public sealed record CompressionOptions
{
    /// <summary>The profiles.</summary>
    public required CompressionTargets Targets { get; init; }

    /// <summary>Finds what runs models, once per compression.</summary>
    public required Func<IOnnxRuntime> Runtime { get; init; }

    /// <summary>Folders in which vendors' tools are looked for (default: those of PATH).</summary>
    public string SearchPath { get; init; } = Environment.GetEnvironmentVariable("PATH") ?? "";

    /// <summary>Failures after which a compression that could be tried again is given up (default: 3).</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>Attempts after which it is given up, whatever ended them (default: 10).</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>Wait before the second attempt after a failure, doubled for each further one (default: 5 s).</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of a vendor tool's output that are kept (default: 16 MiB).</summary>
    public long MaxLogBytes { get; init; } = 16L << 20;
}
