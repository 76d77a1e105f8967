using System.Globalization;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>
/// Rows of a table as a stream of safetensors files (docs/training/README.md has the format). A function of the files and options: the same ones
/// give the same bytes, and a stream resumed at a cursor gives the samples that would have come.
/// </summary>
public sealed class TensorStream : IAsyncDisposable
{
    /// <summary>Name and version of the format.</summary>
    public const string Format = "mesh.tensors/v1";

    private readonly TensorPlan plan;
    private readonly OpenFiles files;
    private readonly TimeProvider time;
    private readonly TensorPosition start;

    private TensorStream(TensorPlan plan, OpenFiles files, TimeProvider time)
    {
        this.plan = plan;
        this.files = files;
        this.time = time;
        start = plan.Options.Resume is { } cursor ? TensorPosition.Parse(cursor, plan.Fingerprint) : default;
    }

    /// <summary>What the stream is made of.</summary>
    public TensorStreamView View => new(
        plan.Source.Name, plan.Fingerprint, plan.Source.Files.Count, plan.Groups.Count, plan.Rows, plan.RowsWithoutColumns, plan.Source.HeldOut.Count,
        SampleOrder.SharesSamples(plan) ? "samples" : "rowGroups",
        [.. plan.Columns.Select((column, index) => new TensorColumnView(
            column.Name, column.ElementType, column.Layout.ToString().ToLowerInvariant(), column.Length, column.IsNullable, plan.Codes[index]?.Values))],
        plan.Selection.LeftOut);

    /// <summary>Looks at the files, without reading rows but those of text columns.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="options">How.</param>
    /// <param name="time">Measures.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException">
    /// <c>MESH9202</c> no such column; <c>MESH9203</c> it becomes no tensor; <c>MESH9204</c> too many texts; <c>MESH9205</c> the cursor is another
    /// stream's; <c>MESH9206</c> an option is wrong or does not go with the data; those of reading Parquet.
    /// </exception>
    public static async Task<TensorStream> OpenAsync(TensorSource source, TensorReadOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var files = new OpenFiles(source);
        try
        {
            return new TensorStream(await TensorPlan.MakeAsync(source, options, files, cancellationToken).ConfigureAwait(false), files, time);
        }
        catch
        {
            await files.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes the frames: one that describes the stream, the batches, one that ends it. While one buffer is written the next is read.</summary>
    /// <param name="output">Where to; a full pipe holds everything up.</param>
    /// <param name="cancellationToken">Stops, without the end frame.</param>
    /// <exception cref="MeshException"><c>MESH9207</c>: a value has no place in its tensor, or a batch in a frame; those of reading Parquet.</exception>
    public async Task<TensorReport> WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        long samples = 0, batches = 0, data = 0, bytes = 0;
        using var frame = new TensorFrame(plan);
        frame.Build(Describe());
        await SendAsync().ConfigureAwait(false);

        bool shares = SampleOrder.SharesSamples(plan);
        SamplePool current = new(plan, shares), other = new(plan, shares);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var loader = new PoolLoader(plan, files, start);
        var position = start;
        int done = start.Sample;
        // Decoding is work for a core, not waiting: on its own thread it goes on while the pipe takes what is ready.
        var filling = Task.Run(() => loader.FillAsync(current, stop.Token), stop.Token);
        try
        {
            while (await filling.ConfigureAwait(false))
            {
                var next = other;
                filling = Task.Run(() => loader.FillAsync(next, stop.Token), stop.Token);
                for (; done < current.Samples; done += plan.Options.BatchSize)
                {
                    int count = Math.Min(plan.Options.BatchSize, current.Samples - done);
                    position = done + count == current.Samples ? current.Next : current.Start with { Sample = done + count };
                    frame.Build(current, done, count, position);
                    await SendAsync().ConfigureAwait(false);
                    samples += count;
                    batches++;
                }

                (current, other, done) = (other, current, 0);
            }
        }
        finally
        {
            // The reader of the next buffer uses the files, so it ends before they do.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)filling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await loader.DisposeAsync().ConfigureAwait(false);
        }

        frame.Build(
        [
            new("kind", "end"), new("cursor", CursorOf(position)), new("samples", samples.ToString(CultureInfo.InvariantCulture)), new("batches", batches.ToString(CultureInfo.InvariantCulture)),
        ]);
        await SendAsync().ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return new TensorReport(samples, batches, data, bytes, time.GetElapsedTime(started).TotalSeconds);

        async ValueTask SendAsync()
        {
            await output.WriteAsync(frame.Bytes, cancellationToken).ConfigureAwait(false);
            data += frame.DataBytes;
            bytes += frame.Bytes.Length;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => files.DisposeAsync();

    private IEnumerable<KeyValuePair<string, string>> Describe()
    {
        var view = View;
        yield return new("format", Format);
        yield return new("kind", "stream");
        yield return new("source", view.Source);
        yield return new("fingerprint", view.Fingerprint);
        yield return new("rows", view.Rows.ToString(CultureInfo.InvariantCulture));
        yield return new("sharding", view.Sharding);
        yield return new("columns", JsonSerializer.Serialize(view.Columns.Select(column => column with { Values = null }), TrainingJson.Options));
        foreach (var column in view.Columns)
        {
            if (column.Values is { } values) yield return new($"values:{column.Name}", JsonSerializer.Serialize(values, TrainingJson.Options));
        }
    }

    private string CursorOf(TensorPosition position)
    {
        Span<char> text = stackalloc char[TensorPosition.MaxChars];
        return text[..position.Format(plan.Fingerprint, text)].ToString();
    }
}
