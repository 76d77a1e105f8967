using Mesh.Formats.RosBag;

namespace Mesh.Fuzz.Targets;

/// <summary>ROS 1 bags of all compressions.</summary>
public sealed class Ros1BagTarget : RecordingTarget
{
    /// <inheritdoc/>
    public override string Name => "rosbag";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
    [
        .. Corpus.Find(".bag"), await GeneratedSamples.Ros1BagAsync(Ros1BagCompression.None), await GeneratedSamples.Ros1BagAsync(Ros1BagCompression.Lz4),
        await GeneratedSamples.Ros1BagAsync(Ros1BagCompression.Bz2),
    ];
}
