namespace Mesh.Cli.Demo;

/// <summary>A table the demo filled.</summary>
internal sealed record DemoProduct(string Name, long Rows, long Files, long Snapshots);
