namespace Mesh.Cli.Help.Examples;

/// <summary>The installation itself.</summary>
internal static class InstallationExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh doctor", "Whether everything that Mesh needs is there"),
        new("mesh doctor --data mesh-data", "With the state directory and the server that has it"),
        new("mesh doctor drive.mcap", "A recording against its specification"),
        new("mesh config show", "Each setting, and where its value came from"),
        new("mesh config show kafka --changed", "What was changed about the event log"),
        new("mesh config show --config production.yaml --json", "What a server with this file would use"),
        new("mesh api -o mesh.openapi.json", "The description of the HTTP interface, for generators of clients"),
        new("mesh runtime list", "What runs ONNX models here"),
        new("mesh runtime install onnxruntime", "Fetched, checked against a known digest"),
        new("mesh runtime remove onnxruntime", "What was installed goes"),
        new("mesh completion bash", "The script, for a look"),
        new("mesh completion zsh", "For zsh"),
        new("mesh completion fish", "For fish"),
    ];
}
