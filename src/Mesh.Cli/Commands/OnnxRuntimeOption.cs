using System.CommandLine;
using Mesh.Commands.Configuration;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Runtime;

namespace Mesh.Cli.Commands;

/// <summary><c>--runtime</c>: what runs a model.</summary>
internal sealed class OnnxRuntimeOption
{
    private readonly Option<string?> name = new("--runtime")
    {
        Description = $"What runs the model: {OnnxRuntimes.Evaluator} or {OnnxRuntimes.OnnxRuntime} (default: ONNX Runtime where it is found, `mesh runtime list`).", HelpName = "NAME",
    };

    private readonly Option<string?> config = CommonOptions.Config();

    public void AddTo(Command command)
    {
        command.Options.Add(name);
        command.Options.Add(config);
    }

    /// <summary>The configuration file named.</summary>
    public string? ConfigOf(ParseResult parsed) => parsed.GetValue(config);

    public IOnnxRuntime Open(ParseResult parsed) => OnnxRuntimes.Find(
        parsed.GetValue(name), OnnxRuntimeSettings.Read(CommonOptions.ReadSettings(parsed.GetValue(config)), CommonOptions.EnvironmentVariables()), new OrtOptions(), () => new OnnxEvaluator());
}
