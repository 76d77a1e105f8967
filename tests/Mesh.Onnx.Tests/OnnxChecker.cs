using System.Text.Json;
using Google.Protobuf;
using Mesh.Testing;

namespace Mesh.Onnx.Tests;

/// <summary>The onnx package's checker, from Debian's python3-onnx.</summary>
internal static class OnnxChecker
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Checks models; each answer has the shapes it infers, or the error.</summary>
    public static async Task<IReadOnlyList<JsonElement>> CheckAsync(params ModelProto[] models)
    {
        Assert.SkipUnless(File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/onnx"), "needs the onnx package of Python: apt-get install python3-onnx");
        using var folder = new TemporaryFolder();
        for (int i = 0; i < models.Length; i++) await File.WriteAllBytesAsync(folder[$"{i}.onnx"], models[i].ToByteArray());
        string output = await ToolProcess.RunAsync(Python, [Path.Combine(Repository.Root, "tests", "foreign", "onnx-check.py"), .. models.Select((_, i) => folder[$"{i}.onnx"])]);
        using var document = JsonDocument.Parse(output);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }
}
