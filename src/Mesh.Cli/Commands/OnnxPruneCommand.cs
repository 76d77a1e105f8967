using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.OnnxModels;
using Mesh.Onnx;
using Mesh.Onnx.Pruning;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh onnx prune</c>.</summary>
internal static class OnnxPruneCommand
{
    private static readonly Dictionary<string, PruningImportance> Measures = new()
    {
        ["l1"] = PruningImportance.L1, ["l2"] = PruningImportance.L2, ["bn"] = PruningImportance.BatchNormalisation, ["activation"] = PruningImportance.Activation,
    };

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "An ONNX model." };
        var output = new Option<string>("--output", "-o") { Description = "Where the model goes.", HelpName = "OUT", Required = true };
        var ratio = new Option<double>("--ratio") { Description = "Share of channels to cut (default: 0.3).", HelpName = "SHARE", DefaultValueFactory = _ => 0.3 };
        var layers = new Option<string[]>("--layer") { Description = "A share for one layer, by name of its node; may be repeated.", HelpName = "NODE=SHARE" };
        var measure = new Option<string>("--importance") { Description = $"Which channels matter: {string.Join(", ", Measures.Keys)} (default: l2).", HelpName = "MEASURE", DefaultValueFactory = _ => "l2" };
        var global = new Option<bool>("--global") { Description = "Let the channels of all layers compete, instead of cutting the share in each." };
        var multiple = new Option<int>("--multiple") { Description = "Round the channels that are left up to a multiple, such as 8 or 16 (default: 1).", HelpName = "N", DefaultValueFactory = _ => 1 };
        var keep = new Option<string[]>("--keep") { Description = "A node whose channels all stay, by name; may be repeated.", HelpName = "NODE" };
        var calibration = new CalibrationOption();
        var json = CommonOptions.Json();
        var command = new Command("prune", "Cut whole channels out of a model, with all that depends on them.") { file, output, ratio, layers, measure, global, multiple, keep, json };
        var runtime = new OnnxRuntimeOption();
        calibration.AddTo(command);
        runtime.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!Measures.TryGetValue(parsed.GetValue(measure)!, out var chosen)) throw new UsageException($"--importance '{parsed.GetValue(measure)}' is not one of {string.Join(", ", Measures.Keys)}.");
            if (chosen == PruningImportance.Activation != calibration.IsGiven(parsed)) throw new UsageException("Calibration samples go with --importance activation, which needs them.");
            var options = new PruningOptions
            {
                Ratio = parsed.GetValue(ratio), LayerRatios = Shares(parsed.GetValue(layers) ?? []), Importance = chosen, Global = parsed.GetValue(global), Multiple = parsed.GetValue(multiple),
                KeptNodes = (parsed.GetValue(keep) ?? []).ToHashSet(),
            };
            var report = chosen == PruningImportance.Activation
                ? await calibration.UseAsync(parsed, runtime.ConfigOf(parsed), source => PruneAsync(runtime.Open(parsed), source), cancellationToken).ConfigureAwait(false)
                : await PruneAsync(null, null).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report);
            return ExitCodes.Done;

            Task<OnnxPruningReport> PruneAsync(IOnnxRuntime? runner, ICalibrationSource? source) =>
                OnnxPruning.RunAsync(runner, parsed.GetValue(file)!, parsed.GetValue(output)!, options, source, cancellationToken);
        });
        return command;
    }

    private static Dictionary<string, double> Shares(string[] texts)
    {
        var shares = new Dictionary<string, double>();
        foreach (string text in texts)
        {
            int at = text.LastIndexOf('=');
            if (at < 1 || !double.TryParse(text[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double share) || !shares.TryAdd(text[..at], share)) throw new UsageException($"--layer '{text}' is not NODE=SHARE with a node of its own.");
        }

        return shares;
    }

    private static void Print(OnnxPruningReport report)
    {
        var done = report.Pruning;
        if (done.Pruned.Count > 0)
        {
            Printer.Table(
                ["layer", "operator", "channels", "left", "together"],
                done.Pruned.Select(layer => (string[])[layer.Node, layer.OperatorType, Text(layer.ChannelsBefore), Text(layer.ChannelsAfter), done.Pruned.Count(other => other.Group == layer.Group) > 1 ? Text(layer.Group + 1) : ""]), new HashSet<int> { 2, 3, 4 });
        }

        if (CalibrationOption.Line(report.Calibration) is { } line) Terminal.Out.WriteLine(Printer.OneLine(line));
        foreach (var layer in done.Untouched) Terminal.Out.WriteLine(Printer.OneLine($"not cut: {layer.Node}, because {layer.Reason}"));
        Terminal.Out.WriteLine($"{done.Before.Parameters:N0} parameters became {done.After.Parameters:N0}, {report.BytesBefore:N0} bytes {report.BytesAfter:N0}");
        if (done is { Before.Macs: { } before, After.Macs: { } after }) Terminal.Out.WriteLine($"{before:N0} multiplications for a sample became {after:N0}");
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
