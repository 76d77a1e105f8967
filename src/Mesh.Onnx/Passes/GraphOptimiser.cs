using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Passes;

/// <summary>Simplifies a model without changing what it computes, beyond rounding: the passes in an order that lets each profit from the others.</summary>
public static class GraphOptimiser
{
    private const int MaxRounds = 10;

    /// <summary>Runs the passes until none finds anything.</summary>
    public static OptimisationReport Optimise(ModelGraph graph)
    {
        int before = graph.Nodes.Count, identities = 0, constants = 0, normalisations = 0, dead = 0;
        for (int round = 0; round < MaxRounds; round++)
        {
            int[] found = [IdentityRemoval.Run(graph), new ConstantFolding().Run(graph), BatchNormalizationFolding.Run(graph), DeadCodeRemoval.Run(graph)];
            identities += found[0];
            constants += found[1];
            normalisations += found[2];
            dead += found[3];
            if (found.Sum() == 0) break;
        }

        graph.Sort();
        return new OptimisationReport { NodesBefore = before, NodesAfter = graph.Nodes.Count, Identities = identities, Constants = constants, Normalisations = normalisations, Unused = dead };
    }
}
