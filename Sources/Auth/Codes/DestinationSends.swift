/// When one more may be sent to a destination that had its share.
enum DestinationSends {
    /// When the oldest of as many sends as are allowed leaves its span; null where one is left.
    static func again(hour: String, day: String) -> String {
        func again(_ span: String, _ ceiling: String) -> String {
            """
            case
                               when cardinality(\(Instants.within(span, of: "destination.sends"))) >= \(ceiling)::int8
                               then (\(Instants.within(span, of: "destination.sends")))[
                                        cardinality(\(Instants.within(span, of: "destination.sends")))
                                            - \(ceiling)::int8::int4 + 1] + interval '\(span)'
                           end
            """
        }
        return """
            greatest(
                           \(again("1 hour", hour)),
                           \(again("1 day", day))
                       )
            """
    }
}
