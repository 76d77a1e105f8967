using System.Text.Json;
using Mesh.Model;

namespace Mesh.Simulation;

/// <summary>What is really in a simulated recording; kept beside it as <c>FILE.truth.json</c>.</summary>
public sealed record SimulationTruth
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Name of the recording: a file, of a ROS 2 bag the folder.</summary>
    public required string File { get; init; }

    /// <summary>Vehicle.</summary>
    public required string VehicleId { get; init; }

    /// <summary>Seed of the drive.</summary>
    public required long Seed { get; init; }

    /// <summary><c>mcap</c>, <c>mdf4</c>, <c>rosbag1</c> or <c>rosbag2</c>.</summary>
    public string Format { get; init; } = "mcap";

    /// <summary><c>ros1</c>, <c>ros2</c> or <c>protobuf</c>; of MDF 4 what its columns were decoded from.</summary>
    public required string Schema { get; init; }

    /// <summary>True time of the start, nanoseconds since 1970.</summary>
    public required long StartTimeNs { get; init; }

    /// <summary>Length of the drive, nanoseconds.</summary>
    public required long DurationNs { get; init; }

    /// <summary>Messages written; a later truncation does not change it, so that what is missing can be counted.</summary>
    public required long Messages { get; init; }

    /// <summary>Bytes of all payloads written; of MDF 4 before they became columns.</summary>
    public required long PayloadBytes { get; init; }

    /// <summary>Size of the recording as it lies there, after damage; of a ROS 2 bag that of its <c>.db3</c> file.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Lower-case hex SHA-256 of the recording as it lies there, after damage; of a ROS 2 bag that of its <c>.db3</c> file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Metres driven.</summary>
    public required double DistanceM { get; init; }

    /// <summary>Radians turned, positive to the left, whole turns counted.</summary>
    public required double HeadingChangeRad { get; init; }

    /// <summary>The IMU's constant error of the yaw rate, rad/s.</summary>
    public required double YawRateBias { get; init; }

    /// <summary>The channels.</summary>
    public required IReadOnlyList<ChannelTruth> Channels { get; init; }

    /// <summary>The manoeuvres, one after the other in true time.</summary>
    public required IReadOnlyList<ManoeuvreSegment> Segments { get; init; }

    /// <summary>What was done to the recording afterwards; null when it is whole.</summary>
    public DamageTruth? Damage { get; init; }

    /// <summary>Where the truth of a recording is kept.</summary>
    public static string PathFor(string recordingPath) => $"{recordingPath}.truth.json";

    /// <summary>Reads the truth of a recording; null when it has none.</summary>
    public static async Task<SimulationTruth?> TryReadAsync(string recordingPath, CancellationToken cancellationToken)
    {
        string path = PathFor(recordingPath);
        if (!System.IO.File.Exists(path)) return null;
        await using var stream = System.IO.File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<SimulationTruth>(stream, Json, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the truth beside a recording.</summary>
    public async Task WriteAsync(string recordingPath, CancellationToken cancellationToken) =>
        await AtomicFile.WriteAsync(PathFor(recordingPath), JsonSerializer.SerializeToUtf8Bytes(this, Json), cancellationToken).ConfigureAwait(false);
}
