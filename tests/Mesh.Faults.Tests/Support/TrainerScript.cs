using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Onnx;
using Mesh.Onnx.Npy;

namespace Mesh.Faults.Tests.Support;

/// <summary>A trainer that learns nothing and leaves a valid model of the name <c>m</c>.</summary>
internal static class TrainerScript
{
    /// <summary>Writes the script and what it copies.</summary>
    /// <returns>Path of the script, for <c>/bin/sh</c>.</returns>
    public static string Write(string folder)
    {
        byte[] model = new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("w", [1, 2, 3, -4], 2, 2).AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 2).Build();
        var files = new Dictionary<string, byte[]> { ["model/model.onnx"] = model };
        // What compression needs of a model whose features Mesh does not know.
        foreach (string part in (string[])["calibration", "validation"])
        {
            float[] samples = [.. Enumerable.Range(0, 16).Select(i => MathF.Sin(i))];
            files[$"model/samples/{part}/x.npy"] = NpyFile.Write(OnnxTensor.Of<float>(samples, 8, 2));
        }

        files["model/samples/validation/labels.npy"] = NpyFile.Write(OnnxTensor.Of<long>(new long[8], 8));
        string template = Path.Combine(folder, "template"), script = Path.Combine(folder, "trainer.sh");
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(template, path))!);
            File.WriteAllBytes(Path.Combine(template, path), content);
        }

        File.WriteAllText(Path.Combine(template, "metrics.jsonl"), """{"type":"start"}""" + "\n" + """{"type":"metric","step":1,"loss":0.5}""" + "\n" + """{"type":"metric","step":2,"loss":0.25}""" + "\n");
        File.WriteAllText(Path.Combine(template, "model_card.json"), JsonSerializer.Serialize(new
        {
            schema = "mesh.modelcard/v1",
            name = "m",
            job_id = "JOB_ID",
            inputs = Array.Empty<object>(),
            metrics = new { accuracy = 1.0 },
            artifacts = files.Select(file => new { path = file.Key, sha256 = Convert.ToHexStringLower(SHA256.HashData(file.Value)), bytes = file.Value.Length }),
        }));
        File.WriteAllText(script,
            $"""
            set -e
            cp -r '{template}/.' "$MESH_OUTPUT_DIR"
            sed -i "s/JOB_ID/$MESH_JOB_ID/" "$MESH_OUTPUT_DIR/model_card.json"
            : > "$MESH_OUTPUT_DIR/_SUCCESS.tmp"
            mv "$MESH_OUTPUT_DIR/_SUCCESS.tmp" "$MESH_OUTPUT_DIR/_SUCCESS"

            """);
        return script;
    }
}
