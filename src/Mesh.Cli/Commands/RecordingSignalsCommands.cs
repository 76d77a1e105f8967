using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Signals;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh recordings signals|export</c>.</summary>
internal static class RecordingSignalsCommands
{
    public static Command Signals()
    {
        var id = new Argument<string>("ID") { Description = "Ingest id, or the beginning of one." };
        var json = CommonOptions.Json();
        return SignalsCommand.Create("signals", "The signals of a recording: every number, truth value and text of its channels, by the names that export takes.", [id, json], async (signals, parsed, cancellationToken) =>
        {
            var list = await signals.ListAsync(parsed.GetValue(id)!, cancellationToken).ConfigureAwait(false) ?? throw Unknown(parsed.GetValue(id)!);
            if (parsed.GetValue(json)) Printer.Json(list);
            else if (list.Signals.Count == 0) Terminal.Out.WriteLine("No table has rows of this recording yet. `mesh recordings show ID` says where it is.");
            else
            {
                Printer.Table(
                    ["signal", "kind", "unit", "samples", "table", ""],
                    list.Signals.Select(signal => (string[])
                    [
                        signal.Name, signal.Kind.ToString().ToLowerInvariant(), signal.Unit ?? "", signal.Samples.ToString("N0", CultureInfo.InvariantCulture), signal.Table,
                        signal.State == SignalState.Ready ? "" : $"{signal.State.ToString().ToLowerInvariant()}: {signal.Reason}",
                    ]),
                    new HashSet<int> { 3 });
            }

            return ExitCodes.Done;
        });
    }

    public static Command Export()
    {
        var id = new Argument<string>("ID") { Description = "Ingest id, or the beginning of one." };
        var names = new Option<string>("--signals") { Description = "Names of signals, separated by commas; a comma within a name is written %2C. `mesh recordings signals ID` shows them.", HelpName = "NAMES", Required = true };
        var from = new Option<double?>("--from") { Description = "Beginning, in seconds since the recording's start (default: its start).", HelpName = "SECONDS" };
        var to = new Option<double?>("--to") { Description = "End, itself not included (default: behind the last sample).", HelpName = "SECONDS" };
        var output = new Option<string>("-o", "--output") { Description = "File to write: FILE.csv or FILE.parquet.", HelpName = "FILE", Required = true };
        var json = CommonOptions.Json();
        return SignalsCommand.Create("export", "Write every sample of signals between two times, exact and ordered by time, as CSV or Parquet.", [id, names, from, to, output, json], async (signals, parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(output)!;
            var format = Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".csv" => SignalExport.Csv,
                ".parquet" => SignalExport.Parquet,
                _ => throw new UsageException($"'{path}' is neither FILE.csv nor FILE.parquet."),
            };
            var query = new SignalQuery { Names = SignalName.Split(parsed.GetValue(names)), From = parsed.GetValue(from), To = parsed.GetValue(to) };
            var write = await signals.ExportAsync(parsed.GetValue(id)!, query, format, cancellationToken).ConfigureAwait(false) ?? throw Unknown(parsed.GetValue(id)!);
            long bytes = await WriteAsync(path, write, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(new ExportedFile(path, bytes));
            else Terminal.Out.WriteLine($"{path}: {ByteSizeText.Format(bytes)}");
            return ExitCodes.Done;
        });
    }

    /// <summary>Writes a file that is there complete or not at all.</summary>
    private static async Task<long> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false)) await write(file, cancellationToken).ConfigureAwait(false);
            File.Move(partial, path, overwrite: true);
            return new FileInfo(path).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH13105", $"'{path}' cannot be written: {exception.Message} Choose another place with -o.", innerException: exception);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private sealed record ExportedFile(string File, long Bytes);

    private static MeshException Unknown(string id) => new("MESH11030", $"There is no recording '{id}'. `mesh recordings list` shows them.");
}
