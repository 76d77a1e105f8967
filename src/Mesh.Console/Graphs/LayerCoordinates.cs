namespace Mesh.Console.Graphs;

/// <summary>
/// Gives every vertex its height in the drawing: as near as its column allows to the mean of its neighbours. Within a column that is an isotonic
/// regression, solved exactly by pooling adjacent violators.
/// </summary>
internal static class LayerCoordinates
{
    private const int Passes = 8;

    /// <summary>How much more a bend between two lanes counts than one at a node: long edges are to be straight.</summary>
    private const double LaneWeight = 8;

    private const double LaneGap = 8;

    public static void Assign(LayeredGraph graph)
    {
        graph.Middle = new double[graph.Count];
        foreach (var layer in graph.Order) Stack(graph, layer);
        for (int pass = 0; pass < Passes; pass++)
        {
            if (pass % 2 == 0)
            {
                for (int layer = 1; layer < graph.Order.Count; layer++) Settle(graph, graph.Order[layer], graph.Previous, pass);
            }
            else
            {
                for (int layer = graph.Order.Count - 2; layer >= 0; layer--) Settle(graph, graph.Order[layer], graph.Next, pass);
            }
        }

        double top = Enumerable.Range(0, graph.Count).Min(vertex => graph.Middle[vertex] - (graph.HeightOf(vertex) / 2));
        for (int vertex = 0; vertex < graph.Count; vertex++) graph.Middle[vertex] += GraphLayout.Margin - top;
    }

    /// <summary>Least distance between the middles of two vertices, the one above the other.</summary>
    private static double Distance(LayeredGraph graph, int upper, int lower) =>
        ((graph.HeightOf(upper) + graph.HeightOf(lower)) / 2) + (graph.IsLane(upper) && graph.IsLane(lower) ? LaneGap : GraphLayout.NodeGap);

    private static void Stack(LayeredGraph graph, List<int> layer)
    {
        double at = 0;
        for (int i = 0; i < layer.Count; i++)
        {
            if (i > 0) at += Distance(graph, layer[i - 1], layer[i]);
            graph.Middle[layer[i]] = at;
        }

        foreach (int vertex in layer) graph.Middle[vertex] -= at / 2;
    }

    private static void Settle(LayeredGraph graph, List<int> layer, Func<int, IReadOnlyList<int>> neighbours, int pass)
    {
        // Measured from where each would be if all stood close, the heights only have to be in order.
        double[] close = new double[layer.Count], wish = new double[layer.Count], weight = new double[layer.Count];
        for (int i = 0; i < layer.Count; i++)
        {
            if (i > 0) close[i] = close[i - 1] + Distance(graph, layer[i - 1], layer[i]);
            int vertex = layer[i];
            var near = neighbours(vertex);

            // The last passes look to both sides, so that a node stands in the middle of what it joins.
            if (near.Count == 0 || pass >= Passes - 2) near = [.. graph.Previous(vertex), .. graph.Next(vertex)];
            double sum = 0, share = 0;
            foreach (int other in near)
            {
                double each = graph.IsLane(vertex) && graph.IsLane(other) ? LaneWeight : 1;
                sum += each * graph.Middle[other];
                share += each;
            }

            weight[i] = share == 0 ? 0.1 : share;
            wish[i] = (share == 0 ? graph.Middle[vertex] : sum / share) - close[i];
        }

        Pool(wish, weight);
        for (int i = 0; i < layer.Count; i++) graph.Middle[layer[i]] = wish[i] + close[i];
    }

    /// <summary>Replaces values by the nearest ones, in the sense of least squares, that never fall.</summary>
    private static void Pool(double[] values, double[] weights)
    {
        var pools = new List<(double Mean, double Weight, int Count)>(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            var pool = (Mean: values[i], Weight: weights[i], Count: 1);
            while (pools.Count > 0 && pools[^1].Mean > pool.Mean)
            {
                var last = pools[^1];
                pools.RemoveAt(pools.Count - 1);
                double weight = last.Weight + pool.Weight;
                pool = (((last.Mean * last.Weight) + (pool.Mean * pool.Weight)) / weight, weight, last.Count + pool.Count);
            }

            pools.Add(pool);
        }

        int at = 0;
        foreach (var pool in pools)
        {
            for (int i = 0; i < pool.Count; i++) values[at++] = pool.Mean;
        }
    }
}
