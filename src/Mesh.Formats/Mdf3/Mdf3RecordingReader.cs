using Mesh.Model;

namespace Mesh.Formats.Mdf3;

/// <summary>Reads ASAM MDF 2.x and 3.x.</summary>
public sealed class Mdf3RecordingReader : RecordingReader
{
    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException">Nothing of it can be read.</exception>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Mdf3;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => throw new NotSupportedException();

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
