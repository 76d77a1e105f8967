using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Evaluation;

namespace Mesh.Onnx.Tests.Evaluation;

/// <summary>Every operator over many shapes and attributes, against ONNX Runtime.</summary>
public class OperatorTests
{
    private const int Seed = 20261130;

    public static TheoryData<string, int> Families => new()
    {
        { "unary", 130 }, { "binary", 110 }, { "matrices", 60 }, { "convolution", 90 }, { "pooling", 60 }, { "normalisation", 50 }, { "reduction", 90 }, { "movement", 50 },
        { "gather and scatter", 20 }, { "shapes", 25 }, { "resize", 70 }, { "selection", 15 }, { "quantisation", 60 }, { "recurrence", 36 },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Operators_compute_what_onnx_runtime_computes(string family, int atLeast)
    {
        var cases = new OperatorCases(Seed).Of(family).ToList();

        // Unoptimised, so that one node stays that node.
        var expected = await OnnxRuntimeOracle.RunAsync([.. cases.Select(one => (one.Model(), one.Fed))], "disabled");

        var evaluator = new OnnxEvaluator();
        var differences = new List<string>();
        var compared = new Dictionary<string, int>();
        for (int i = 0; i < cases.Count; i++)
        {
            compared.TryAdd(cases[i].OperatorType, 0);
            // What ONNX Runtime has no kernel for cannot be compared; the counts below bound it.
            if (expected[i].Outputs is not { } wanted) continue;
            compared[cases[i].OperatorType]++;
            try
            {
                using var session = evaluator.Open(cases[i].Model().ToByteArray());
                var actual = session.Run(cases[i].Fed, cases[i].OutputNames);
                foreach (var (name, tensor) in cases[i].OutputNames.Zip(actual))
                {
                    if (TensorComparison.Difference(tensor, wanted[name], cases[i].Absolute, cases[i].Relative) is { } difference) differences.Add($"{cases[i]} {name}: {difference}");
                }
            }
            catch (MeshException exception)
            {
                differences.Add($"{cases[i]}: {exception.Message}");
            }
        }

        string refusals = string.Join("\n", expected.Select((answer, i) => (answer, i)).Where(pair => pair.answer.Error is not null).Select(pair => $"{cases[pair.i]}: {pair.answer.Error}").Take(10));
        differences.ShouldBeEmpty($"{differences.Count} of {cases.Count} differ");
        TestContext.Current.SendDiagnosticMessage($"{family}: {compared.Values.Sum()} of {cases.Count} compared");
        compared.Where(pair => pair.Value == 0).Select(pair => pair.Key).ShouldBeEmpty(refusals);
        compared.Values.Sum().ShouldBeGreaterThanOrEqualTo(atLeast, refusals);
    }
}
