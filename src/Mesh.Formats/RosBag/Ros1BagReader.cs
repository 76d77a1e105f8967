using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>Reads ROS 1 bags (format 2.0).</summary>
public sealed class Ros1BagReader : RecordingReader
{
    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException">Nothing of it can be read.</exception>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Ros1Bag;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => throw new NotSupportedException();

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
