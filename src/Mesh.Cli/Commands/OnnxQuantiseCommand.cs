using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.OnnxModels;
using Mesh.Onnx.Quantisation;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh onnx quantise</c>.</summary>
internal static class OnnxQuantiseCommand
{
    private static readonly Dictionary<string, QuantisationFlavour> Flavours = new() { ["ort"] = QuantisationFlavour.OrtU8S8, ["ort-s8"] = QuantisationFlavour.OrtS8S8, ["tensorrt"] = QuantisationFlavour.TensorRt, ["qnn"] = QuantisationFlavour.Qnn };

    private static readonly Dictionary<string, CalibrationMethod> Methods = new()
    {
        ["min-max"] = CalibrationMethod.MinMax, ["percentile"] = CalibrationMethod.Percentile, ["entropy"] = CalibrationMethod.Entropy, ["mse"] = CalibrationMethod.MeanSquaredError,
    };

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A float ONNX model, operator set 13 or later." };
        var output = new Option<string>("--output", "-o") { Description = "Where the model goes.", HelpName = "OUT", Required = true };
        var calibration = new CalibrationOption();
        var flavour = new Option<string>("--flavour") { Description = $"What runs it: {string.Join(", ", Flavours.Keys)} (default: ort).", HelpName = "FLAVOUR", DefaultValueFactory = _ => "ort" };
        var method = new Option<string>("--method") { Description = $"How ranges are chosen: {string.Join(", ", Methods.Keys)} (default: min-max).", HelpName = "METHOD", DefaultValueFactory = _ => "min-max" };
        var percentile = new Option<double>("--percentile") { Description = "With --method percentile: the share that is kept (default: 99.99).", HelpName = "P", DefaultValueFactory = _ => 99.99 };
        var sqnr = new Option<double?>("--min-sqnr") { Description = "Leave the worst layers in float until the outputs keep so many dB.", HelpName = "DB" };
        var keep = new Option<string[]>("--keep") { Description = "A node that stays in float, by name; may be repeated.", HelpName = "NODE" };
        var reduced = new Option<bool>("--reduced-range") { Description = "Weights of 7 bits, for x86 processors without VNNI." };
        var sensitivity = new Option<bool>("--sensitivity") { Description = "Also show what each layer does to the outputs when it alone is quantised." };
        var bits = new Option<int>("--activation-bits") { Description = "With --flavour qnn: 8 or 16 (default: 8).", HelpName = "BITS", DefaultValueFactory = _ => 8 };
        var export = new Option<string?>("--export") { Description = "Also write the float model with AIMET encodings, QNN overrides and TensorRT's calibration cache into this directory.", HelpName = "DIR" };
        var json = CommonOptions.Json();
        var command = new Command("quantise", "Quantise a model to INT8 with calibration samples, as a model with QuantizeLinear and DequantizeLinear.") { file, output, flavour, method, percentile, sqnr, keep, reduced, sensitivity, bits, export, json };
        var runtime = new OnnxRuntimeOption();
        calibration.AddTo(command);
        runtime.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!Flavours.TryGetValue(parsed.GetValue(flavour)!, out var chosenFlavour)) throw new UsageException($"--flavour '{parsed.GetValue(flavour)}' is not one of {string.Join(", ", Flavours.Keys)}.");
            if (!Methods.TryGetValue(parsed.GetValue(method)!, out var chosenMethod)) throw new UsageException($"--method '{parsed.GetValue(method)}' is not one of {string.Join(", ", Methods.Keys)}.");
            if (parsed.GetValue(percentile) is not (> 0 and <= 100)) throw new UsageException("--percentile is between 0 and 100.");
            if (parsed.GetValue(bits) != 8 && (parsed.GetValue(bits) != 16 || chosenFlavour != QuantisationFlavour.Qnn)) throw new UsageException("--activation-bits is 8, or 16 with --flavour qnn.");
            var options = new QuantisationOptions
            {
                ActivationBits = parsed.GetValue(bits), Flavour = chosenFlavour, Method = chosenMethod, Percentile = parsed.GetValue(percentile), MinSqnrDb = parsed.GetValue(sqnr),
                KeptNodes = (parsed.GetValue(keep) ?? []).ToHashSet(), ReducedRange = parsed.GetValue(reduced), MeasureSensitivity = parsed.GetValue(sensitivity),
            };
            var request = new OnnxQuantisationRequest(parsed.GetValue(file)!, parsed.GetValue(output)!, options, parsed.GetValue(export));
            var report = await calibration.UseAsync(
                parsed, runtime.ConfigOf(parsed), source => OnnxQuantisation.RunAsync(runtime.Open(parsed), request, source, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report, parsed.GetValue(sensitivity));
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(OnnxQuantisationReport report, bool withSensitivity)
    {
        var done = report.Quantisation;
        if (withSensitivity) Printer.Table(["layer alone", "outputs keep"], done.Sensitivity!.Select(layer => (string[])[layer.Node, Decibels(layer.SqnrDb)]), new HashSet<int> { 1 });
        if (CalibrationOption.Line(report.Calibration) is { } line) Terminal.Out.WriteLine(Printer.OneLine(line));
        Terminal.Out.WriteLine($"{done.Quantised.Count:N0} nodes quantised, {report.BytesBefore:N0} bytes became {report.BytesAfter:N0}");
        foreach (var layer in done.LeftOut) Terminal.Out.WriteLine(Printer.OneLine($"left in float: {layer.Node}, {Decibels(layer.SqnrDb)} alone"));
        string agreement = done.Outputs.Agreement is { } share ? $", the largest output agrees in {share.ToString("P1", CultureInfo.InvariantCulture)} of rows" : "";
        Terminal.Out.WriteLine($"on the calibration samples the outputs keep {Decibels(done.Outputs.SqnrDb)}{agreement}");
    }

    private static string Decibels(double value) => value < OutputComparison.EqualDb ? $"{value.ToString("F1", CultureInfo.InvariantCulture)} dB" : "everything";
}
