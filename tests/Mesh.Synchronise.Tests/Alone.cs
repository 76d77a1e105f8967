namespace Mesh.Synchronise.Tests;

/// <summary>Tests that count what the process allocates run while no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
