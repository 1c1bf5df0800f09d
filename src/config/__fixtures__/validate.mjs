export default (claims) => claims.tier !== 'banned'
