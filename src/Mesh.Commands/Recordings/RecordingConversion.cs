using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>
/// Converts recordings and tables into one another. Where the output's readers understand the input's payloads these pass as they are
/// (<see cref="RecordingCopy"/>); otherwise everything goes through columns.
/// </summary>
/// <param name="request">What and where to.</param>
/// <param name="progress">Told how far reading has come.</param>
public sealed class RecordingConversion(CopyRequest request, ReadProgress? progress = null)
{
    /// <summary>Forms an output can have, by the word for <c>--format</c> and by extension.</summary>
    public static readonly IReadOnlyList<string> Formats = ["mcap", "mf4", "bag", "parquet", "arrow"];

    /// <summary>Runs the conversion.</summary>
    /// <param name="form">One of <see cref="Formats"/>; null to go by the output's extension.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    /// <exception cref="MeshException">An input cannot be opened, an output not be written, or the input's data has no place in the output.</exception>
    public async Task<CopyReport> RunAsync(string? form, CancellationToken cancellationToken)
    {
        await OutputFile.RequireAbsentAsync(request.Output, request.Overwrite, cancellationToken).ConfigureAwait(false);
        form ??= FormOf(request.Output);
        if (form is not ("parquet" or "arrow"))
        {
            var format = OutputFormats.Of("." + form)!.Value;
            if (await PassesAsync(format, cancellationToken).ConfigureAwait(false))
            {
                return await new RecordingCopy(request with { Format = format }, progress).RunAsync(cancellationToken).ConfigureAwait(false);
            }

            if (format == RecordingFormat.Ros1Bag)
            {
                throw new MeshException("MESH10606", "A ROS 1 bag holds ROS 1 messages only, which this input does not have. Convert it to .mcap instead.");
            }
        }

        var input = new ColumnInput(request, progress);
        ColumnSink sink = form switch
        {
            "mcap" => new McapSink(request),
            "mf4" => new MdfSink(request),
            _ => new TableSink(request, arrow: form == "arrow"),
        };
        await using (sink.ConfigureAwait(false))
        {
            foreach (string path in request.Inputs)
            {
                await foreach (var batch in input.ReadAsync(path, cancellationToken).ConfigureAwait(false)) await sink.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }

            var outputs = await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return new CopyReport(outputs, input.Messages, outputs.Sum(output => output.Messages), input.Undecoded, input.Losses, sink.Notes);
        }
    }

    private static string FormOf(string output) => Path.GetExtension(output).ToLowerInvariant() switch
    {
        ".parquet" => "parquet",
        ".arrow" or ".feather" => "arrow",
        _ => OutputFormats.Require(output, null) switch { RecordingFormat.Mdf4 => "mf4", RecordingFormat.Ros1Bag => "bag", _ => "mcap" },
    };

    private async Task<bool> PassesAsync(RecordingFormat output, CancellationToken cancellationToken)
    {
        foreach (string path in request.Inputs)
        {
            if (ColumnInput.IsTable(path) || path == "-") return false;
            var reader = await RecordingInput.OpenAsync(path, request.Reader, null, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!OutputFormats.Carries(output, reader.Format) || request.Reader.Databases.Count > 0) return false;
            }
        }

        return true;
    }
}
