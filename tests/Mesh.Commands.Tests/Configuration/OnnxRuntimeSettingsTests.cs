using Mesh.Commands.Configuration;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Configuration;

public sealed class OnnxRuntimeSettingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("onnx: { runtime: { path: /file } }", null, null, "/file")]
    [InlineData("onnx: { runtime: { path: /file } }", "/variable", null, "/file")]
    [InlineData("onnx: { runtime: { path: /file } }", "/variable", "/setting", "/setting")]
    [InlineData("", "/variable", null, "/variable")]
    [InlineData("", "", null, null)]
    public void The_setting_comes_before_the_variable_of_its_own_name(string file, string? variable, string? setting, string? expected)
    {
        File.WriteAllText(folder["mesh.yaml"], file);
        var environment = new Dictionary<string, string>();
        if (variable is not null) environment["MESH_ONNXRUNTIME"] = variable;
        if (setting is not null) environment["MESH_ONNX__RUNTIME__PATH"] = setting;

        var search = OnnxRuntimeSettings.Read(Settings.Read(new Dictionary<SettingKey, (string, string)>(), environment, folder["mesh.yaml"]), environment);

        search.ConfiguredPath.ShouldBe(expected);
        if (file.Length > 0 && setting is null) search.ConfiguredBy.ShouldBe($"`onnx.runtime.path` ({folder["mesh.yaml"]}:1)");
        if (setting is not null) search.ConfiguredBy.ShouldBe("`onnx.runtime.path` (MESH_ONNX__RUNTIME__PATH)");
        if (expected == "/variable") search.ConfiguredBy.ShouldBe("MESH_ONNXRUNTIME");
    }
}
