using Mesh.Onnx.Runtime;

namespace Mesh.Commands.Configuration;

/// <summary>Where the settings say that ONNX Runtime lies.</summary>
public static class OnnxRuntimeSettings
{
    /// <summary>The places to look in: <c>onnx.runtime.path</c>, else <see cref="OnnxRuntimeSearch.Variable"/>, then the usual ones.</summary>
    public static OnnxRuntimeSearch Read(Settings settings, IReadOnlyDictionary<string, string> environment)
    {
        var search = new OnnxRuntimeSearch();
        if (settings.Text(SettingKeys.OnnxRuntimePath) is { } set) return search with { ConfiguredPath = set, ConfiguredBy = $"`{SettingKeys.OnnxRuntimePath.Name}` ({settings[SettingKeys.OnnxRuntimePath].Source})" };
        return environment.GetValueOrDefault(OnnxRuntimeSearch.Variable) is { Length: > 0 } path ? search with { ConfiguredPath = path } : search;
    }
}
