namespace Mesh.Formats.Tests;


/// <summary>Buffers come from the shared pool, which other tests' collections trim: such tests run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
