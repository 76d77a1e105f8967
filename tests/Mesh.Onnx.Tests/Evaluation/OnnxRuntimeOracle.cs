using System.Text.Json;
using Google.Protobuf;
using Mesh.Testing;

namespace Mesh.Onnx.Tests.Evaluation;

/// <summary>Runs models in ONNX Runtime, in one node process.</summary>
internal static class OnnxRuntimeOracle
{
    /// <summary>For each model its outputs by name, or ONNX Runtime's error.</summary>
    public static async Task<IReadOnlyList<(IReadOnlyDictionary<string, OnnxTensor>? Outputs, string? Error)>> RunAsync(
        IReadOnlyList<(ModelProto Model, IReadOnlyDictionary<string, OnnxTensor> Inputs)> cases, string optimisation = "all")
    {
        using var folder = new TemporaryFolder();
        var described = new List<object>();
        using (var inputs = File.Create(folder["inputs.bin"]))
        {
            for (int i = 0; i < cases.Count; i++)
            {
                await File.WriteAllBytesAsync(folder[$"{i}.onnx"], cases[i].Model.ToByteArray());
                var fed = new List<object>();
                foreach (var (name, tensor) in cases[i].Inputs)
                {
                    fed.Add(new { name, type = NameOf(tensor.ElementType), dims = tensor.Dimensions, offset = inputs.Position, bytes = tensor.Bytes.Length });
                    await inputs.WriteAsync(tensor.Bytes);
                }

                described.Add(new { model = $"{i}.onnx", inputs = fed });
            }
        }

        await File.WriteAllTextAsync(folder["cases.json"], JsonSerializer.Serialize(described));
        var answers = await NodeScript.RunAsync("onnx-cases.mjs", folder.Path, optimisation);
        byte[] outputs = await File.ReadAllBytesAsync(folder["outputs.bin"]);
        return [.. answers.EnumerateArray().Select(answer => Read(answer, outputs))];
    }

    private static (IReadOnlyDictionary<string, OnnxTensor>? Outputs, string? Error) Read(JsonElement answer, byte[] bytes)
    {
        if (answer.TryGetProperty("error", out var error)) return (null, error.GetString());
        var outputs = new Dictionary<string, OnnxTensor>();
        foreach (var output in answer.GetProperty("outputs").EnumerateArray())
        {
            long[] dimensions = [.. output.GetProperty("dims").EnumerateArray().Select(size => size.GetInt64())];
            outputs[output.GetProperty("name").GetString()!] = new OnnxTensor(
                TypeOf(output.GetProperty("type").GetString()!), dimensions, bytes.AsMemory(output.GetProperty("offset").GetInt32(), output.GetProperty("bytes").GetInt32()).ToArray());
        }

        return (outputs, null);
    }

    private static string NameOf(OnnxElementType type) => type switch
    {
        OnnxElementType.Float => "float32",
        OnnxElementType.Double => "float64",
        OnnxElementType.Boolean => "bool",
        _ => type.ToString().ToLowerInvariant(),
    };

    private static OnnxElementType TypeOf(string name) => name switch
    {
        "float32" => OnnxElementType.Float,
        "float64" => OnnxElementType.Double,
        "bool" => OnnxElementType.Boolean,
        _ => Enum.Parse<OnnxElementType>(name, ignoreCase: true),
    };
}
