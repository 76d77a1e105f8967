using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Runtime;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Commands.Configuration;

/// <summary>What the settings say of compression.</summary>
public static class CompressionSettings
{
    /// <summary>Profiles by <c>compression.targets</c>, and ONNX Runtime where it is found, else Mesh's own evaluator.</summary>
    /// <exception cref="Model.MeshException"><c>MESH9402</c>, <c>MESH9403</c>: the file of the profiles.</exception>
    public static CompressionOptions Read(Settings settings, IReadOnlyDictionary<string, string> environment)
    {
        var search = OnnxRuntimeSettings.Read(settings, environment);
        return new CompressionOptions
        {
            Targets = CompressionTargets.Load(settings.Text(SettingKeys.CompressionTargets)),
            Runtime = () => OnnxRuntimes.Find(null, search, new OrtOptions(), () => new OnnxEvaluator()),
        };
    }
}
