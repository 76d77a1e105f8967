using Mesh.Columnar;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Writes columns into MDF 4: one channel group per table, one channel per column. The time is a 64-bit integer of nanoseconds since the
/// start with a linear conversion to seconds, so that no nanosecond is lost. Not thread-safe.
/// </summary>
/// <remarks>
/// Structs become channels <c>a.b.c</c>; booleans 0 or 1 in a byte; absent values invalidation bits; text and bytes variable-length values;
/// decimals of 20 digits unsigned 64-bit integers, other decimals text; instants seconds since 1970; dates days since 1970; lists JSON text,
/// because MDF has no lists of varying length. Rows should come in order of time, as MDF wants them.
/// </remarks>
public sealed class Mdf4ColumnWriter : IAsyncDisposable
{
    private readonly Mdf4RecordingWriter writer;

    /// <param name="output">Takes the file from its position 0 on; must seek. Not disposed.</param>
    /// <param name="options">Compression and limits.</param>
    public Mdf4ColumnWriter(Stream output, Mdf4WriterOptions? options = null) => writer = new Mdf4RecordingWriter(output, options);

    /// <summary>Adds a channel group.</summary>
    /// <param name="name">Its acquisition name: the topic or table.</param>
    /// <param name="type">Its columns.</param>
    /// <returns>What <see cref="WriteAsync"/> takes.</returns>
    public int AddGroup(string name, StructType type) => writer.AddColumnGroup(name, type);

    /// <summary>Appends rows, which are copied before this returns.</summary>
    /// <param name="group">What <see cref="AddGroup"/> returned.</param>
    /// <param name="logTimesNs">Log time of each row, nanoseconds since 1970.</param>
    /// <param name="columns">One vector per column of the group's type.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RecordingFormatException"><c>MESH10273</c>: a decimal does not fit an unsigned 64-bit integer.</exception>
    public ValueTask WriteAsync(int group, ReadOnlyMemory<long> logTimesNs, IReadOnlyList<ColumnVector> columns, CancellationToken cancellationToken) =>
        writer.WriteColumnsAsync(group, logTimesNs, columns, cancellationToken);

    /// <inheritdoc cref="Mdf4RecordingWriter.WriteAttachmentAsync"/>
    public async ValueTask WriteAttachmentAsync(RecordingAttachment attachment, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await writer.WriteAttachmentAsync(attachment, content, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="Mdf4RecordingWriter.WriteMetadataAsync"/>
    public async ValueTask WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken) =>
        await writer.WriteMetadataAsync(metadata, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="Mdf4RecordingWriter.CompleteAsync"/>
    public ValueTask CompleteAsync(CancellationToken cancellationToken) => writer.CompleteAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
