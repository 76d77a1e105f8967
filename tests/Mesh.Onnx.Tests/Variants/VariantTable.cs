using System.Globalization;
using System.Text;
using Google.Protobuf;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Passes;
using Mesh.Onnx.Pruning;
using Mesh.Onnx.Quantisation;
using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests.Variants;

/// <summary>What compressing a trained model costs in accuracy and saves in size, by the evaluator and by ONNX Runtime: the table of docs/onnx.</summary>
internal sealed class VariantTable
{
    /// <summary>A line of the table.</summary>
    /// <param name="Name">What was done.</param>
    /// <param name="Bytes">Size of the file.</param>
    /// <param name="Accuracy">Share of right answers, by the evaluator.</param>
    /// <param name="OrtAccuracy">By ONNX Runtime with all its optimisations.</param>
    /// <param name="Agreement">Share of answers that are the float model's.</param>
    /// <param name="RuntimesAgree">Share of answers on which evaluator and ONNX Runtime agree.</param>
    /// <param name="SqnrDb">Signal to noise of the outputs against the float model's.</param>
    public sealed record Line(string Name, int Bytes, double Accuracy, double OrtAccuracy, double Agreement, double RuntimesAgree, double SqnrDb);

    /// <summary>Makes and measures the variants.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="output">The output whose largest element is the answer.</param>
    /// <param name="calibration">Inputs to calibrate on, none of them in the test.</param>
    /// <param name="test">Inputs to measure on.</param>
    /// <param name="labels">The right answers.</param>
    /// <param name="kept">Nodes that stay in float.</param>
    public static async Task<IReadOnlyList<Line>> MeasureAsync(
        ModelProto model, string output, IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> calibration, IReadOnlyDictionary<string, OnnxTensor> test, int[] labels, IReadOnlySet<string> kept, CancellationToken token)
    {
        var pruned = (await new StructuredPruner().PruneAsync(model, new PruningOptions { Ratio = 0.25 }, null, token)).Model;
        var optimised = ModelGraph.Read(model);
        GraphOptimiser.Optimise(optimised);
        HalfPrecision.Convert(optimised);
        var variants = new List<(string Name, ModelProto Model)>
        {
            ("float32", model), ("float16", optimised.ToProto()), ("int8 ort, min-max", await QuantiseAsync(model, QuantisationFlavour.OrtU8S8, CalibrationMethod.MinMax)),
            ("int8 ort, entropy", await QuantiseAsync(model, QuantisationFlavour.OrtU8S8, CalibrationMethod.Entropy)), ("int8 ort, mse", await QuantiseAsync(model, QuantisationFlavour.OrtU8S8, CalibrationMethod.MeanSquaredError)),
            ("int8 tensorrt, min-max", await QuantiseAsync(model, QuantisationFlavour.TensorRt, CalibrationMethod.MinMax)), ("int8 qnn, min-max", await QuantiseAsync(model, QuantisationFlavour.Qnn, CalibrationMethod.MinMax)),
            ("pruned by 25 %, l2", pruned), ("pruned by 25 %, activation", (await new StructuredPruner(new OnnxEvaluator()).PruneAsync(model, new PruningOptions { Ratio = 0.25, Importance = PruningImportance.Activation }, Batches(), token)).Model), ("pruned by 25 %, l2, int8 ort", await QuantiseAsync(pruned, QuantisationFlavour.OrtU8S8, CalibrationMethod.MinMax)),
        };
        foreach (var answer in await OnnxChecker.CheckAsync([.. variants.Select(variant => variant.Model)])) answer.TryGetProperty("error", out var problem).ShouldBeFalse(problem.ToString());
        var others = await OnnxRuntimeOracle.RunAsync([.. variants.Select(variant => (variant.Model, test))]);
        var lines = new List<Line>();
        OnnxTensor? reference = null;
        for (int i = 0; i < variants.Count; i++)
        {
            using var session = new OnnxEvaluator().Open(variants[i].Model.ToByteArray());
            var own = session.Run(test, [output])[0];
            var other = others[i].Outputs.ShouldNotBeNull(others[i].Error!)[output];
            reference ??= own;
            int[] answers = Answers(own), otherAnswers = Answers(other);
            lines.Add(new Line(variants[i].Name, variants[i].Model.CalculateSize(), Share(answers, labels), Share(otherAnswers, labels), Share(answers, Answers(reference)), Share(answers, otherAnswers), Sqnr(reference, own)));
        }

        return lines;

        async Task<ModelProto> QuantiseAsync(ModelProto from, QuantisationFlavour flavour, CalibrationMethod method) =>
            (await new PostTrainingQuantiser(new OnnxEvaluator()).QuantiseAsync(from, Batches(), new QuantisationOptions { Flavour = flavour, Method = method, KeptNodes = kept }, token)).Model;

        async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Batches()
        {
            await Task.CompletedTask;
            foreach (var batch in calibration) yield return batch;
        }
    }

    /// <summary>The table as docs/onnx has it.</summary>
    public static string Write(IEnumerable<Line> lines)
    {
        var text = new StringBuilder("| variant | bytes | accuracy | by ONNX Runtime | same answer as float32 | evaluator and ONNX Runtime agree | SQNR |\n|---|---:|---:|---:|---:|---:|---:|\n");
        foreach (var line in lines)
        {
            string sqnr = line.SqnrDb > 200 ? "" : string.Create(CultureInfo.InvariantCulture, $"{line.SqnrDb:F1} dB");
            text.Append(CultureInfo.InvariantCulture, $"| {line.Name} | {line.Bytes:N0} | {100 * line.Accuracy:F1} % | {100 * line.OrtAccuracy:F1} % | {100 * line.Agreement:F1} % | {100 * line.RuntimesAgree:F1} % | {sqnr} |\n");
        }

        return text.ToString();
    }

    private static int[] Answers(OnnxTensor tensor)
    {
        int size = (int)tensor.Dimensions[1];
        int[] answers = new int[tensor.Dimensions[0]];
        for (int row = 0; row < answers.Length; row++)
        {
            var scores = tensor.As<float>().Slice(row * size, size);
            for (int i = 1; i < size; i++) answers[row] = scores[i] > scores[answers[row]] ? i : answers[row];
        }

        return answers;
    }

    private static double Share(int[] a, int[] b) => a.Where((value, i) => value == b[i]).Count() / (double)a.Length;

    private static double Sqnr(OnnxTensor expected, OnnxTensor actual)
    {
        double signal = 0, noise = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            double a = expected.As<float>()[i], b = actual.As<float>()[i];
            signal += a * a;
            noise += (a - b) * (a - b);
        }

        return noise == 0 ? 300 : 10 * Math.Log10(signal / noise);
    }
}
