using Mesh.Model;

namespace Mesh.Formats.Bus.Asc;

/// <summary>Reads frames logged in Asc files.</summary>
public sealed class AscRecordingReader : RecordingReader
{
    /// <summary>Whether a file begins as ASC text does.</summary>
    internal static bool IsAsc(ReadOnlySpan<byte> head) => false;

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException">Nothing of it can be read.</exception>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Asc;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => throw new NotSupportedException();

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
