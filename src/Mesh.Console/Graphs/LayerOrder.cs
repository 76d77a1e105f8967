namespace Mesh.Console.Graphs;

/// <summary>
/// Orders the vertices of each column so that edges cross seldom: sweeps to and fro, each column sorted by the mean place of its neighbours, and
/// the best order met is kept. Sorting is stable, so that what nothing decides stays as it was given.
/// </summary>
internal static class LayerOrder
{
    private const int MaxSweeps = 24;

    /// <summary>Sweeps without a better order after which there will hardly be one.</summary>
    private const int Patience = 6;

    public static void Reduce(LayeredGraph graph)
    {
        long best = Crossings(graph);
        var bestOrder = Copy(graph.Order);
        for (int sweep = 0, since = 0; sweep < MaxSweeps && since < Patience && best > 0; sweep++)
        {
            if (sweep % 2 == 0)
            {
                for (int layer = 1; layer < graph.Order.Count; layer++) Sort(graph, layer, graph.Previous);
            }
            else
            {
                for (int layer = graph.Order.Count - 2; layer >= 0; layer--) Sort(graph, layer, graph.Next);
            }

            long crossings = Crossings(graph);
            if (crossings < best)
            {
                (best, bestOrder, since) = (crossings, Copy(graph.Order), 0);
            }
            else
            {
                since++;
            }
        }

        graph.Order = bestOrder;
    }

    /// <summary>How often edges cross between neighbouring columns.</summary>
    public static long Crossings(LayeredGraph graph)
    {
        long total = 0;
        int[] place = Places(graph);
        for (int layer = 0; layer < graph.Order.Count - 1; layer++)
        {
            // Edges sorted by where they begin cross as often as where they end is out of order, which a counting tree adds up.
            int[] ends = [.. graph.Order[layer].SelectMany(vertex => graph.Next(vertex).Select(to => place[to]).Order())];
            int[] tree = new int[graph.Order[layer + 1].Count + 1];
            for (int i = 0; i < ends.Length; i++)
            {
                total += i - Sum(tree, ends[i] + 1);
                for (int at = ends[i] + 1; at < tree.Length; at += at & -at) tree[at]++;
            }
        }

        return total;
    }

    private static int Sum(int[] tree, int to)
    {
        int sum = 0;
        for (int at = to; at > 0; at -= at & -at) sum += tree[at];
        return sum;
    }

    private static void Sort(LayeredGraph graph, int layer, Func<int, IReadOnlyList<int>> neighbours)
    {
        int[] place = Places(graph);
        var vertices = graph.Order[layer];
        double[] wish = new double[vertices.Count];
        for (int i = 0; i < vertices.Count; i++)
        {
            var near = neighbours(vertices[i]);
            double sum = 0;
            foreach (int other in near) sum += place[other];

            // What has no neighbour there stays where it is among the others.
            wish[i] = near.Count == 0 ? i : sum / near.Count;
        }

        graph.Order[layer] = [.. Enumerable.Range(0, vertices.Count).OrderBy(i => wish[i]).Select(i => vertices[i])];
    }

    private static int[] Places(LayeredGraph graph)
    {
        int[] place = new int[graph.Count];
        foreach (var layer in graph.Order)
        {
            for (int i = 0; i < layer.Count; i++) place[layer[i]] = i;
        }

        return place;
    }

    private static List<List<int>> Copy(List<List<int>> order) => order.ConvertAll(layer => new List<int>(layer));
}
