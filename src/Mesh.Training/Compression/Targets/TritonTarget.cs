using System.Globalization;
using System.Text;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Targets;

/// <summary>A model repository of Triton: <c>repository/NAME/config.pbtxt</c> and <c>repository/NAME/VERSION/</c> with what the backend loads.</summary>
internal static class TritonTarget
{
    /// <summary>Writes the repository, as far as it can be without a vendor's tool.</summary>
    public static async Task WriteAsync(VariantBuild build, CancellationToken cancellationToken)
    {
        var (profile, triton) = (build.Profile, build.Profile.Triton);
        string version = build.Version.ToString(CultureInfo.InvariantCulture);
        string folder = $"repository/{build.Model}/{version}";
        string? program = null;
        int? compiledBatch = null;
        switch (triton.Backend)
        {
            case TritonBackend.Tensorrt:
                Directory.CreateDirectory(Path.Combine(build.Folder, folder));
                await TensorrtTarget.WriteAsync(build, $"{folder}/model.plan", cancellationToken).ConfigureAwait(false);
                break;
            case TritonBackend.Qaic:
                Directory.CreateDirectory(Path.Combine(build.Folder, folder));
                await QaicTarget.WriteAsync(build, $"{folder}/qpc", cancellationToken).ConfigureAwait(false);
                program = $"{triton.RepositoryPath}/{build.Model}/{version}/qpc";
                compiledBatch = profile.Batch.Optimal;
                break;
            default:
                await OnnxTarget.WriteAsync(build, $"{folder}/model.onnx", cancellationToken).ConfigureAwait(false);
                break;
        }

        string text = TritonConfiguration.Write(build.Model, build.Signature, profile, compiledBatch, program);
        build.Write($"repository/{build.Model}/config.pbtxt", Encoding.UTF8.GetBytes(text), VariantRoles.Configuration);
    }
}
