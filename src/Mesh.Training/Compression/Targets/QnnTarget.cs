using System.Text;
using Mesh.Onnx;
using Mesh.Onnx.Export;
using Mesh.Onnx.Quantisation;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Targets;

/// <summary>
/// Qualcomm QNN: overrides go on the float model, whose tensors they name, so that both come together. The QDQ model with the same numbers stands for the
/// result; so that it does, nodes that stay in float there stay so in the converter (<c>--float_fallback</c>, which rules out calibration inputs). Where every
/// node is quantised, what has no override of its own is calibrated on the inputs listed.
/// </summary>
internal static class QnnTarget
{
    private const string Model = "model.onnx";
    private const string Overrides = "overrides.json";
    private const string InputList = "input_list.txt";

    /// <summary>Writes model, overrides, inputs and commands.</summary>
    public static async Task WriteAsync(VariantBuild build, CancellationToken cancellationToken)
    {
        var quantised = await build.QuantiseAsync(QuantisationFlavour.Qnn, cancellationToken).ConfigureAwait(false);
        build.WriteModel(Model, quantised.Reference, VariantRoles.Model, isValidated: false);
        build.WriteModel("simulation/model_qdq.onnx", quantised.Model, VariantRoles.Simulation, isValidated: true);
        var encodings = QuantisationEncodings.From(quantised);
        build.Write(Overrides, encodings.ToQnnOverrides(), VariantRoles.Encodings);
        WriteInputs(build);
        // The converters write into folders that are there.
        Directory.CreateDirectory(Path.Combine(build.Folder, build.Profile.Compiler.Tools == QnnTools.Qnn ? "qnn" : "qairt"));
        string[] rest = encodings.FloatNodes.Count > 0 ? ["--float_fallback"] : ["--input_list", InputList];
        foreach (var command in build.Profile.Compiler.Tools == QnnTools.Qnn ? Qnn(build, rest) : Qairt(build, rest)) build.Add(command);
    }

    // Qualcomm's quantisers take one sample at a time.
    private static void WriteInputs(VariantBuild build)
    {
        var samples = build.Samples.Calibration;
        int batch = (int)(build.FixedBatch ?? 1);
        var list = new StringBuilder();
        int number = 0;
        foreach (var (start, _) in samples.Batches(batch, wholeOnly: true))
        {
            for (int i = 0; i < build.Signature.Inputs.Count; i++)
            {
                var input = build.Signature.Inputs[i];
                string path = FormattableString.Invariant($"inputs/{i}/{number:D5}.raw");
                build.Write(path, samples.Slice(start, batch)[input.Name].Bytes.Span, VariantRoles.InputData);
                list.Append(i == 0 ? "" : " ").Append(input.Name).Append(":=").Append(path);
            }

            list.Append('\n');
            number++;
        }

        build.Write(InputList, Encoding.UTF8.GetBytes(list.ToString()), VariantRoles.InputList);
    }

    private static IEnumerable<PlannedCommand> Qnn(VariantBuild build, string[] rest)
    {
        yield return new PlannedCommand(
            ["qnn-onnx-converter"],
            [
                "--input_network", Model, .. Shapes(build, "--input_dim"), "--quantization_overrides", Overrides, .. rest, "--act_bw", "8", "--weight_bw", "8", "--bias_bw", "32",
                "--use_per_channel_quantization", "--preserve_io", "layout", "-o", "qnn/model.cpp", .. build.Profile.Compiler.Arguments,
            ],
            "qnn/model.cpp");
    }

    private static IEnumerable<PlannedCommand> Qairt(VariantBuild build, string[] rest)
    {
        yield return new PlannedCommand(
            ["qairt-converter"],
            ["--input_network", Model, .. Shapes(build, "--source_model_input_shape"), "--quantization_overrides", Overrides, "--output_path", "qairt/model.dlc", .. build.Profile.Compiler.Arguments],
            "qairt/model.dlc");
        yield return new PlannedCommand(
            ["qairt-quantizer"],
            ["--input_dlc", "qairt/model.dlc", .. rest, "--act_bitwidth", "8", "--weights_bitwidth", "8", "--bias_bitwidth", "32", "--output_dlc", "qairt/model_quantised.dlc"],
            "qairt/model_quantised.dlc");
    }

    private static IEnumerable<string> Shapes(VariantBuild build, string flag)
    {
        foreach (OnnxValue input in build.Signature.Inputs)
        {
            if (input.Dimensions.All(size => size is not null)) continue;
            yield return flag;
            yield return input.Name;
            yield return string.Join(',', build.ShapeOf(input, 1));
        }
    }
}
