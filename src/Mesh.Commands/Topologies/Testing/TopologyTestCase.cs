namespace Mesh.Commands.Topologies.Testing;

/// <summary>One case of a topology's test.</summary>
/// <param name="Name">A sentence.</param>
/// <param name="Line">Where it stands, from 1.</param>
/// <param name="Uploads">What is uploaded, one after the other.</param>
/// <param name="Expect">What comes of it.</param>
public sealed record TopologyTestCase(string Name, int Line, IReadOnlyList<TestUpload> Uploads, TestExpectation Expect);
