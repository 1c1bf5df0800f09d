const validate = (claims) => claims.tier !== 'banned'
// oxlint-disable-next-line import/no-default-export -- it is what custom_validate loads.
export default validate
