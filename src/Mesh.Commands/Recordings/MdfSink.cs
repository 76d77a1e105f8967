using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Mdf4;

namespace Mesh.Commands.Recordings;

/// <summary>Writes columns as channel groups into one MDF 4 file.</summary>
internal sealed class MdfSink : ColumnSink
{
    private readonly OutputFile file;
    private readonly Mdf4ColumnWriter writer;
    private readonly Dictionary<(string Topic, MessageSchema? Schema), int> groups = [];
    private long rows;

    public MdfSink(CopyRequest request)
    {
        file = OutputFile.Create(request.Output, request.Overwrite);
        writer = file.Open(stream => new Mdf4ColumnWriter(stream, new Mdf4WriterOptions { Compression = OutputFormats.Choose(request.Compression, Mdf4Compression.Deflate) }));
    }

    public override async ValueTask WriteAsync(ColumnBatch batch, CancellationToken cancellationToken)
    {
        var key = (batch.Channel.Topic, batch.Channel.Schema);
        if (!groups.TryGetValue(key, out int group)) groups.Add(key, group = writer.AddGroup(batch.Channel.Topic, new StructType(batch.Fields.Schema.Fields)));
        rows += batch.Fields.Length;
        await writer.WriteAsync(group, batch.LogTimesNs.Values<long>().ToArray(), batch.Fields.Columns, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<OutputReport>> CompleteAsync(CancellationToken cancellationToken)
    {
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return [new OutputReport(file.Path, rows, await file.CommitAsync(cancellationToken).ConfigureAwait(false))];
    }

    public override async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await file.DisposeAsync().ConfigureAwait(false);
    }
}
