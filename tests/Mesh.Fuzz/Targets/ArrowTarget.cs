using Mesh.Columnar.ArrowIpc;
using Mesh.Model;

namespace Mesh.Fuzz.Targets;

/// <summary>Arrow IPC files and streams.</summary>
public sealed class ArrowTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "arrow";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken)
    {
        List<FuzzSample> samples = [.. Corpus.Find(".arrow"), .. Corpus.Find(".arrows")];
        foreach (var (name, batch) in await TableSamples.LoadAsync(cancellationToken))
        {
            var options = new ArrowWriterOptions { Compression = (ArrowCompression)(samples.Count % 3), Stream = samples.Count % 2 == 0 };
            using var stream = new MemoryStream();
            try
            {
                var writer = new ArrowWriter(stream, batch.Schema, options);
                await writer.WriteAsync(batch, cancellationToken);
                await writer.WriteAsync(batch, cancellationToken);
                await writer.CompleteAsync(cancellationToken);
            }
            catch (MeshException)
            {
                continue;
            }

            samples.Add(new FuzzSample(name + ".arrow", stream.ToArray()));
        }

        return samples;
    }

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        bool isOpen = false;
        try
        {
            await using var reader = await ArrowReader.OpenAsync(new MemoryByteSource(input.Bytes, input.Name), new ArrowReaderOptions { MaxBatchBytes = 64L << 20 }, cancellationToken);
            isOpen = true;
            await foreach (var batch in reader.ReadAsync(cancellationToken)) ColumnCheck.Check(batch);
            return true;
        }
        catch (MeshException)
        {
            // Refused at once, or damage met later: tables are whole or nothing.
            return isOpen;
        }
    }
}
