using System.CommandLine;
using System.Globalization;
using System.Text;
using Mesh.Cli.Output;
using Mesh.Commands.Compression;
using Mesh.Model;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Outcome;

namespace Mesh.Cli.Commands.Compression;

/// <summary><c>mesh models compress|variants</c>.</summary>
internal static class CompressionCommands
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(300);

    /// <summary><c>mesh models variants</c>.</summary>
    public static Command Variants()
    {
        var model = new Argument<string>("MODEL") { Description = "NAME for the newest version, NAME@VERSION or NAME@ALIAS." };
        var plot = new Option<string?>("--plot") { Description = "Write the comparison as SVG to this file as well.", HelpName = "FILE" };
        return Create("variants", "Variants of a model for its targets, compared by quality, size and latency.", [model, plot], forReading: true, async (compression, parsed, cancellationToken) =>
        {
            var view = await compression.GetVariantsAsync(parsed.GetValue(model)!, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(plot) is { } file) Write(file, TradeOffPlot.Draw(view.Model, view.TradeOff));
            if (QueryCommand.WantsJson(parsed)) Printer.Json(view);
            else Print(view);
            return ExitCodes.Done;
        });
    }

    /// <summary><c>mesh models compress</c>.</summary>
    public static Command Compress()
    {
        var model = new Argument<string>("MODEL") { Description = "NAME for the newest version, NAME@VERSION or NAME@ALIAS." };
        var profile = new Option<string[]>("--profile") { Description = "Profile to make; may be given several times (default: all).", HelpName = "PROFILE" };
        return Create("compress", "Make the variants of a model now; a profile's earlier variant is replaced.", [model, profile], forReading: false, async (compression, parsed, cancellationToken) =>
        {
            var entry = await compression.RequestAsync(parsed.GetValue(model)!, Read(parsed), cancellationToken).ConfigureAwait(false);
            string version = entry.CompressionId[..entry.CompressionId.LastIndexOf('/')];
            var view = await compression.GetVariantsAsync(version, cancellationToken).ConfigureAwait(false);
            while (entry.State is CompressionState.Queued or CompressionState.Running)
            {
                await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
                view = await compression.GetVariantsAsync(version, cancellationToken).ConfigureAwait(false);
                entry = view.Compressions.First(one => one.CompressionId == entry.CompressionId);
            }

            if (entry.State != CompressionState.Done) throw new MeshException(entry.Code ?? "MESH9405", entry.Reason);
            var made = view.Variants.Where(variant => variant.CompressionId == entry.CompressionId).ToList();
            if (QueryCommand.WantsJson(parsed)) Printer.Json(view);
            else Print(view);
            return made.Any(variant => variant.Manifest.Status == VariantStatus.Failed) ? ExitCodes.Failed : ExitCodes.Done;
        });
    }

    /// <summary>What <c>mesh models compress</c> is asked for.</summary>
    internal static CompressRequest Read(ParseResult parsed) => new(parsed.GetValue<string[]>("--profile") ?? []);

    private static void Print(ModelVariantsView view)
    {
        if (view.Variants.Count == 0)
        {
            string state = view.Compressions.Count == 0 ? "`mesh models compress` makes them" : $"compression {view.Compressions[0].CompressionId} is {view.Compressions[0].State.ToString().ToLowerInvariant()}: {view.Compressions[0].Reason}";
            Terminal.Out.WriteLine($"{view.Model} has no variants yet; {state}.");
            return;
        }

        Terminal.Out.WriteLine($"{view.Model}, run by {view.TradeOff.Select(row => row.Runtime).FirstOrDefault(runtime => runtime is not null) ?? "nothing"}");
        Printer.Table(
            ["variant", "target", "status", "accuracy", "agreement", "max error", "bytes", "latency µs", "min-p95", "dominated by", "why"],
            view.TradeOff.Select(row => (string[])
            [
                row.Name, row.Target, VariantNames.Of(row.Status), Number(row.Accuracy, "0.0000"), Number(row.Agreement, "0.0000"), Number(row.MaxAbsError, "0.####"),
                row.Bytes?.ToString("N0", CultureInfo.InvariantCulture) ?? "-", Number(row.LatencyUs?.P50, "0.0"),
                row.LatencyUs is { } latency ? $"{Number(latency.Min, "0.0")}-{Number(latency.P95, "0.0")}" : "-", row.IsCompared ? row.DominatedBy ?? "" : "not compared", row.Reason,
            ]),
            new HashSet<int> { 3, 4, 5, 6, 7, 8 });
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static void Write(string file, string svg)
    {
        try
        {
            AtomicFile.Write(file, Encoding.UTF8.GetBytes(svg));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9409", $"{file} cannot be written: {exception.Message}", innerException: exception);
        }
    }

    private static Command Create(string name, string description, IReadOnlyList<Symbol> symbols, bool forReading, Func<ICompression, ParseResult, CancellationToken, Task<int>> run) =>
        ServerCommand.Create<ICompression>(
            name,
            description,
            symbols,
            (server, token) => new HttpCompression(server, token),
            async (folder, settings, cancellationToken) =>
                await LocalCompression.OpenAsync(folder, settings, CommonOptions.EnvironmentVariables(), forReading, cancellationToken).ConfigureAwait(false),
            run);
}
