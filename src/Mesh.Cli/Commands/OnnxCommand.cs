using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.OnnxModels;
using Mesh.Onnx.Passes;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh onnx inspect|run|optimise|quantise|prune</c>: model files.</summary>
internal static class OnnxCommand
{
    public static Command Create() => new("onnx", "ONNX model files: what is in one, running one, making one smaller.") { Inspect(), Run(), Optimise(), OnnxQuantiseCommand.Create(), OnnxPruneCommand.Create() };

    private static Argument<string> File() => new("FILE") { Description = "An ONNX model." };

    private static Command Inspect()
    {
        var file = File();
        var json = CommonOptions.Json();
        var nodes = new Option<bool>("--nodes") { Description = "Also every node with the types and sizes it computes." };
        var command = new Command("inspect", "What a model takes, gives and consists of, with inferred shapes.") { file, nodes, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = OnnxInspection.Examine(await OnnxFiles.ReadAsync(parsed.GetValue(file)!, cancellationToken).ConfigureAwait(false));
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report, parsed.GetValue(nodes));
            return report.ShapeProblem is null ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static void Print(OnnxModelReport report, bool nodes)
    {
        Printer.Facts(
        [
            ("size", $"{report.Bytes:N0} bytes, {report.Parameters:N0} parameters"),
            ("version", $"IR {report.IrVersion}, operator set {report.Opset}"),
            ("producer", Printer.OneLine(report.Producer)),
            .. report.Inputs.Select(input => ("input", (string?)Printer.OneLine($"{input.Name}: {input.Type}"))),
            .. report.Outputs.Select(output => ("output", (string?)Printer.OneLine($"{output.Name}: {output.Type}"))),
            ("operators", Printer.OneLine(string.Join(", ", report.Operators.Select(pair => $"{pair.Key} {pair.Value}")))),
            ("evaluator", report.NotEvaluated.Count == 0 ? "can run it" : Printer.OneLine($"cannot run {string.Join(", ", report.NotEvaluated)}")),
            .. report.Metadata.Select(pair => ("metadata", (string?)Printer.OneLine($"{pair.Key} = {pair.Value}"))),
            ("shapes", report.ShapeProblem),
        ]);
        if (!nodes) return;
        Printer.Table(["node", "operator", "computes", "type"], report.Nodes.SelectMany(node => node.Outputs.Select((output, i) => (string[])[i == 0 ? node.Name : "", i == 0 ? node.Operator : "", output.Name, output.Type])));
    }

    private static Command Run()
    {
        var file = File();
        var inputs = new Option<string[]>("--input") { Description = "An input from a NumPy file; once per input.", HelpName = "NAME=FILE.npy" };
        var output = new Option<string?>("--output") { Description = "Write each output as a NumPy file into this directory.", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var command = new Command("run", "Run a model once on NumPy files.") { file, inputs, output, json };
        var runtime = new OnnxRuntimeOption();
        runtime.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var report = await OnnxRun.RunAsync(runtime.Open(parsed), parsed.GetValue(file)!, Pairs(parsed.GetValue(inputs) ?? []), parsed.GetValue(output), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else
            {
                Printer.Table(
                    ["output", "type", "min", "max", "mean", "file"],
                    report.Outputs.Select(result => (string[])[result.Name, result.Type, Text(result.Min), Text(result.Max), Text(result.Mean), result.File ?? ""]), new HashSet<int> { 2, 3, 4 });
                Terminal.Out.WriteLine($"run by {report.Runtime}");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Dictionary<string, string> Pairs(string[] texts)
    {
        var pairs = new Dictionary<string, string>();
        foreach (string text in texts)
        {
            // A value's name may hold '=', a path seldom does: the last one separates.
            int at = text.LastIndexOf('=');
            if (at < 1 || at == text.Length - 1 || !pairs.TryAdd(text[..at], text[(at + 1)..])) throw new UsageException($"--input '{text}' is not NAME=FILE.npy with a name of its own.");
        }

        return pairs;
    }

    private static string Text(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";

    private static Command Optimise()
    {
        var file = File();
        var output = new Option<string>("--output", "-o") { Description = "Where the model goes.", HelpName = "OUT", Required = true };
        var half = new Option<bool>("--fp16") { Description = "Compute in half precision; inputs and outputs stay in single." };
        var keep = new Option<string[]>("--keep") { Description = "With --fp16: a node that stays in single precision, by name; may be repeated.", HelpName = "NODE" };
        var json = CommonOptions.Json();
        var command = new Command("optimise", "Fold constants and batch normalisations, remove what does nothing, convert to half precision.") { file, output, half, keep, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] kept = parsed.GetValue(keep) ?? [];
            if (kept.Length > 0 && !parsed.GetValue(half)) throw new UsageException("--keep goes with --fp16.");
            var options = parsed.GetValue(half) ? new HalfPrecisionOptions { KeptNodes = kept.ToHashSet() } : null;
            var report = await OnnxOptimisation.RunAsync(parsed.GetValue(file)!, parsed.GetValue(output)!, options, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else
            {
                var did = report.Simplified;
                Terminal.Out.WriteLine($"{did.NodesBefore:N0} nodes became {did.NodesAfter:N0}: {did.Constants:N0} folded into constants, {did.Normalisations:N0} batch normalisations into weights, {did.Identities:N0} without effect");
                if (report.HalfPrecision is { } halved) Terminal.Out.WriteLine($"half precision: {halved.Converted:N0} nodes, {halved.Kept:N0} stay in single precision, {halved.Clipped:N0} weights were beyond 65504");
                Terminal.Out.WriteLine($"{report.BytesBefore:N0} bytes became {report.BytesAfter:N0}");
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
