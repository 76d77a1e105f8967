namespace Mesh.Cli.Demo;

/// <summary>A model the demo's data trained.</summary>
internal sealed record DemoModel(string Name, int Version, string State, double? Accuracy, double? MajorityAccuracy, int RecordingsSeen);
