using System.Globalization;
using Mesh.Onnx.Quantisation;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Targets;

/// <summary>
/// Cloud AI 100: ONNX and the command that compiles it to a program container (QPC) for one batch size. Half precision is the compiler's own conversion of
/// the float model; INT8 is a model with Q/DQ, because the format of external quantisation profiles is not public.
/// </summary>
internal static class QaicTarget
{
    private static readonly string[] Programs = ["qaic-compile", "qaic-exec"];

    /// <summary>Writes model and command.</summary>
    /// <param name="build">The variant.</param>
    /// <param name="folder">Where the container goes; the compiler makes it.</param>
    /// <param name="cancellationToken">Stops calibrating.</param>
    public static async Task WriteAsync(VariantBuild build, string folder, CancellationToken cancellationToken)
    {
        string model;
        var flags = new List<string>();
        if (build.Profile.Precision == ProfilePrecision.Int8)
        {
            model = "model_qdq.onnx";
            build.WriteModel(model, (await build.QuantiseAsync(QuantisationFlavour.OrtS8S8, cancellationToken).ConfigureAwait(false)).Model, VariantRoles.Model, isValidated: true);
        }
        else if (build.Profile.Precision == ProfilePrecision.Fp16)
        {
            model = "model.onnx";
            build.WriteModel(model, build.Simplify(), VariantRoles.Model, isValidated: false);
            build.WriteModel("simulation/model_fp16.onnx", build.Halve(), VariantRoles.Simulation, isValidated: true);
            flags.Add("-convert-to-fp16");
        }
        else
        {
            model = "model.onnx";
            build.WriteModel(model, build.Simplify(), VariantRoles.Model, isValidated: true);
        }

        string cores = build.Profile.Hardware.Cores.ToString(CultureInfo.InvariantCulture);
        build.Add(new PlannedCommand(
            Programs,
            [
                $"-m={model}", "-aic-hw", $"-aic-num-cores={cores}", "-mos=1", "-ols=1", .. flags,
                .. build.SymbolsFor(build.Profile.Batch.Optimal).Select(symbol => FormattableString.Invariant($"-onnx-define-symbol={symbol.Symbol},{symbol.Size}")),
                "-compile-only", $"-aic-binary-dir={folder}", .. build.Profile.Compiler.Arguments,
            ],
            $"{folder}/programqpc.bin"));
    }
}
